import { type InboundSide, inboundTable, isJudged } from "../filter-config/inbound.js";
import { inboundListenerAt } from "../model/inbound.js";
import type { InboundPort } from "../model/inbound-ports.js";
import type { ListenerMode, Mesh } from "../model/model.js";
import { AUTO } from "../model/protocols.js";
import { buildExtensionConfig, type WasmCode } from "./extension-configs.js";
import type { FilterIdentity } from "./filter-identity.js";
import type { Resource } from "./resource.js";
import type { TableVersions } from "./table-versions.js";

/** The cluster of what serves at a port of the node's own machine, by Istio's name. */
export function inboundCluster(port: number): string {
  return `inbound|${port}||`;
}

export function inboundName({ protocol, number }: InboundPort): string {
  return `inbound_${protocol}_${number}`;
}

/** In front of a workload's port the filter counts calls as they pass (`observe`), or looks at each (`call`). */
export function inboundFilter(port: InboundPort, mode: ListenerMode): FilterIdentity {
  return { listener: inboundName(port), protocol: port.protocol, mode };
}

/** What the filter there is to do, by the mesh as the node sees it. */
export function inboundSide({ inbound }: Mesh, { protocol, number }: InboundPort, namespace?: string): InboundSide {
  const counted = { protocol, cluster: inboundCluster(number) };
  if (inbound === undefined) return counted;
  const listener = inboundListenerAt(inbound, namespace, protocol, number);
  return { ...counted, policies: inbound.policies, listener };
}

/** The filter's configuration for one of the modes. `readBuffer`: what the listener reads, where that is not what ours do. */
export function buildInboundConfig(
  side: InboundSide,
  port: InboundPort,
  mode: ListenerMode,
  { listeners }: Pick<Mesh, "listeners">,
  { code, versions, readBuffer }: InboundConfigOptions,
): Resource {
  const counted = { protocol: side.protocol, cluster: side.cluster };
  const table =
    mode === "observe"
      ? inboundTable(counted, listeners)
      : {
          ...inboundTable(side, listeners),
          ...(readBuffer !== undefined && { read_buffer_bytes: readBuffer }),
        };
  const version = versions.of(mode === "observe" ? inboundName(port) : `${inboundName(port)}/judged`, table);
  return buildExtensionConfig(inboundFilter(port, mode), { ...table, version }, code);
}

export interface InboundConfigOptions {
  readonly code: WasmCode;
  readonly versions: Pick<TableVersions, "of">;
  readonly readBuffer?: number;
}

/** What it does by a side; undefined: nothing, for what has passed cannot be looked at twice to tell its protocol. */
export function inboundMode(side: InboundSide): "observe" | "call" | undefined {
  if (isJudged(side)) return "call";
  return side.protocol === AUTO ? undefined : "observe";
}
