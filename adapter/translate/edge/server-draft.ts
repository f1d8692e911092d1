import type { GatewayServerSpec } from "../../resource/gateway.js";
import { type Gateway, problemOf } from "../../resource/resource.js";
import { formatResourceName, type Problem } from "../../status/problem.js";
import type { ProtocolNames } from "../port-protocol.js";
import { stillInForce } from "../still-in-force.js";
import { requireRpcHosts, type ServerKind, serverKind } from "./server-kind.js";

/** A server of a Gateway, and what it carries. */
export interface ServerDraft {
  readonly gateway: Gateway;
  readonly index: number;
  readonly server: GatewayServerSpec;
  readonly kind: ServerKind;
}

/** The servers of each Gateway that is good, else of its last good version. */
export function draftServers(
  gateways: readonly Gateway[],
  names: ProtocolNames,
  before: ReadonlyMap<string, Gateway>,
): {
  readonly drafts: ReadonlyMap<Gateway, readonly ServerDraft[]>;
  readonly problems: readonly Problem[];
} {
  const drafts = new Map<Gateway, readonly ServerDraft[]>();
  const problems: Problem[] = [];
  for (const gateway of gateways) {
    const now = assess(gateway, names);
    const last = before.get(formatResourceName(gateway));
    const then = now.problems.length === 0 || last === undefined ? undefined : assess(last, names);
    const fallback = then?.problems.length === 0 ? then : undefined;
    problems.push(...(fallback === undefined ? now.problems : now.problems.map(stillInForce)));
    const taken = now.problems.length === 0 ? now : fallback;
    if (taken !== undefined) drafts.set(taken.gateway, taken.servers);
  }
  return { drafts, problems };
}

function assess(gateway: Gateway, names: ProtocolNames) {
  const problems: Problem[] = [];
  const servers = gateway.spec.servers.flatMap((server, index): readonly ServerDraft[] => {
    const path = ["spec", "servers", index];
    const report = (path: readonly (string | number)[], reason: string) =>
      problems.push(problemOf(gateway, path, reason));
    const kind = serverKind(server, path, names, report);
    if (kind?.kind === "rpc") requireRpcHosts(server, path, report);
    return kind === undefined ? [] : [{ gateway, index, server, kind }];
  });
  return { gateway, servers, problems };
}
