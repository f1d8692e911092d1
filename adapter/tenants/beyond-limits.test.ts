import { describe, expect, it } from "vitest";
import { recognise } from "../resource/recognise.js";
import { parseFile } from "../source/file-content.js";
import { beyondLimits } from "./beyond-limits.js";
import { DEFAULT_LIMITS, type TenantLimits } from "./limits.js";

/** Names of those that there is no room for. */
function beyond(documents: readonly string[], limits: Partial<TenantLimits>): readonly string[] {
  const { resources } = parseFile(documents.join("---\n"), "input.yaml", recognise);
  const found = beyondLimits(resources, { ...DEFAULT_LIMITS, ...limits });
  return [...found].map(([{ document }, reason]) => {
    expect(reason).toMatch(/^its namespace may have \d+ (resources|ports|hosts|routes), and /);
    return (document.metadata as { readonly name: string }).name;
  });
}

function resource(kind: string, name: string, spec: string): string {
  const group =
    kind === "VirtualService"
      ? "networking.meltemi.io/v1alpha1"
      : kind === "Service" || kind === "Pod"
        ? "v1"
        : "networking.istio.io/v1";
  return `{ apiVersion: ${group}, kind: ${kind}, metadata: { name: ${name} }, spec: { ${spec} } }\n`;
}

const entry = (name: string, port: number) =>
  resource("ServiceEntry", name, `hosts: [ ${name} ], ports: [ { number: ${port} } ]`);

describe("what is beyond a namespace's limits", () => {
  it("is what comes last", () => {
    expect(beyond([entry("a", 1), entry("b", 1), entry("c", 1)], { resources: 2 })).toEqual(["c"]);
    expect(beyond([entry("a", 1), entry("c", 1)], { resources: 2 })).toEqual([]);
  });

  it("is told by ports, of which two resources may have the same", () => {
    const service = resource("Service", "s", "ports: [ { port: 3 } ]");
    const gateway = resource("Gateway", "g", "servers: [ { port: { number: 2 } }, { port: { number: 4 } } ]");
    expect(beyond([entry("a", 1), entry("b", 2), service, gateway, entry("c", 1)], { ports: 2 })).toEqual(["s", "g"]);
  });

  it("is told by hosts and routes", () => {
    const route = (name: string, hosts: string, routes: string) =>
      resource("VirtualService", name, `hosts: [ ${hosts} ], routes: [ ${routes} ]`);
    const documents = [route("a", "x, y", "{}, {}"), route("b", "z", "{}, {}"), route("c", "z", "{}")];
    expect(beyond(documents, { hosts: 3 })).toEqual(["c"]);
    expect(beyond(documents, { routes: 3 }), "what is smaller fits").toEqual(["b"]);
  });

  it("is no Pod: their number is that of the workloads", () => {
    expect(beyond([resource("Pod", "a", ""), resource("Pod", "b", ""), entry("c", 1)], { resources: 1 })).toEqual([]);
  });

  it("is anything but an exception where fields are anything", () => {
    const odd = ["hosts: 7", "ports: [ 7, {}, [] ]", "routes: {}", "port: x", "servers: [ { port: [] } ]"];
    expect(
      beyond(
        odd.map((spec, i) => resource("VirtualService", `odd-${i}`, spec)),
        {},
      ),
    ).toEqual([]);
  });
});
