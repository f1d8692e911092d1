import { describe, expect, it } from "vitest";
import type { NodeReport } from "../server/status-report.js";
import { formatStatus } from "./status-text.js";

const GOOD: NodeReport = {
  node: "books-1",
  namespace: "prod",
  identity: "spiffe://cluster.local/ns/prod/sa/books",
  address: "10.1.2.3",
  envoy: "1.40.0",
  connected_at: "2026-11-27T20:00:00.123Z",
  synchronized: "aa",
  types: [
    { type: "CDS", acknowledged: "11", newest: "11" },
    { type: "ECDS", acknowledged: "22", newest: "22" },
  ],
  refused: [],
  last_refusal: null,
};

const REFUSING: NodeReport = {
  ...GOOD,
  node: "a",
  namespace: null,
  identity: null,
  envoy: null,
  types: [
    { type: "CDS", acknowledged: null, newest: "11" },
    { type: "ECDS", acknowledged: "21", newest: "22" },
  ],
  refused: [{ type: "ECDS", resource: "outbound_dubbo_20880", message: "no such\n\u001b[31mregex" }],
  last_refusal: { at: "2026-11-27T20:00:01.000Z", type: "ECDS", resources: ["outbound_dubbo_20880"], message: "no" },
};

describe("formatStatus", () => {
  it("has a line for each node, and what is refused and why below, without a terminal's commands", () => {
    expect(formatStatus({ nodes: [REFUSING, GOOD] })).toBe(
      [
        "NODE     NAMESPACE  IDENTITY                                 ADDRESS   ENVOY   SINCE                 TYPES",
        "a        -          -                                        10.1.2.3  -       2026-11-27T20:00:00Z  CDS behind (has none, newest 11), ECDS refused (has 21, newest 22)",
        "books-1  prod       spiffe://cluster.local/ns/prod/sa/books  10.1.2.3  1.40.0  2026-11-27T20:00:00Z  CDS ok, ECDS ok",
        "",
        "a refuses ECDS outbound_dubbo_20880: no such [31mregex",
        "",
      ].join("\n"),
    );
  });

  it("tells of a refusal that is over", () => {
    expect(formatStatus({ nodes: [{ ...GOOD, last_refusal: REFUSING.last_refusal }] })).toMatch(
      /\n\nbooks-1 refused at 2026-11-27T20:00:01Z, and has got a better one since: ECDS outbound_dubbo_20880: no\n$/,
    );
  });

  it("says that there is none", () => {
    expect(formatStatus({ nodes: [] })).toBe("no Envoy is connected\n");
  });
});
