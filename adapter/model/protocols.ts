import type { OutboundListener } from "./model.js";

/** Protocols that the filter of this build has a codec for, by the name that `root_id` and `VirtualService.protocol` use. */
export const CODECS: readonly string[] = ["brpc", "dubbo", "redis", "tars", "thrift", "trpc"];

/** Those whose messages have no place for attributes that a route could change. */
export const IMMUTABLE: readonly string[] = ["redis"];

/** A port whose connections speak one of several: their first bytes tell. */
export const AUTO = "auto";

/** What a port may speak. */
export const PROTOCOLS: readonly string[] = [...CODECS, AUTO];

/** The attribute that carries the service's name, by protocol; absent where none does. */
export const SERVICE_ATTRIBUTES: Readonly<Record<string, string>> = {
  brpc: "service",
  dubbo: "interface",
  tars: "servant",
  thrift: "service",
  trpc: "callee",
};

/** Those whose calls need not say which service they are for: Thrift's do so only where services are multiplexed, Redis' never. */
const NAMELESS: ReadonlySet<string> = new Set(["thrift", "redis", AUTO]);

/** Whether a call may name no service: it is for the only one of the listener, or for the one that was dialled. */
export function mayLackService({ protocol, declared }: Pick<OutboundListener, "protocol" | "declared">): boolean {
  return declared?.mayLackService ?? NAMELESS.has(protocol);
}

/** What the filter is told of a protocol that a resource declares: how it is spoken stands in the table. */
export const DECLARED = "declared";
