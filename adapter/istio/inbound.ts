import { isJudged } from "../filter-config/inbound.js";
import { askedNamespaces, type InboundPort } from "../model/inbound-ports.js";
import type { Mesh } from "../model/model.js";
import { AUTO } from "../model/protocols.js";
import type { WasmCode } from "../xds/extension-configs.js";
import { filterName } from "../xds/filter-identity.js";
import { buildInboundConfig, inboundFilter, inboundName, inboundSide } from "../xds/inbound-filter.js";
import type { JsonObject } from "../xds/json.js";
import type { Resource } from "../xds/resource.js";
import type { TableVersions } from "../xds/table-versions.js";
import { selfContainedTunnelFilter } from "../xds/tunnel.js";
import { discoveredFilter, PASS_THROUGH } from "./discovered-filter.js";
import { atFilter, atTcpProxy, type EnvoyFilter, envoyFilter } from "./envoy-filter.js";

/** istiod leaves Envoy's own: its listener is one for all ports, most of which are none of ours. */
const READ_BUFFER_BYTES = 1 << 20;

/**
 * In front of the local service calls are counted, by service, method and status, as they pass; where policies ask something of them they are
 * looked at one by one. That takes the place of istiod's `tcp_proxy`, in the workloads of the namespaces that ask. Undefined: nothing is done.
 */
export function inbound(namespace: string, port: InboundPort, mesh: Mesh): EnvoyFilter | undefined {
  const patches = [...observing(port), ...askedNamespaces(mesh, port).flatMap((asked) => judging(port, asked))];
  if (patches.length === 0) return undefined;
  return envoyFilter(namespace, `inbound-${port.protocol}-${port.number}`.toLowerCase(), patches);
}

/** What has passed cannot be looked at twice to tell its protocol. */
function observing(port: InboundPort): readonly JsonObject[] {
  if (port.protocol === AUTO) return [];
  const filter = discoveredFilter(filterName(inboundFilter(port, "observe")), PASS_THROUGH);
  return [atTcpProxy("SIDECAR_INBOUND", { destinationPort: port.number }, "INSERT_BEFORE", filter)];
}

/** There is no fallback: without the adapter nobody is let in. `namespace`: whose Envoys; undefined: all. */
function judging(port: InboundPort, namespace: string | undefined): readonly JsonObject[] {
  const match = { destinationPort: port.number };
  const proxy = namespace === undefined ? undefined : { metadata: { NAMESPACE: namespace } };
  const filter = discoveredFilter(filterName(inboundFilter(port, "call")));
  const put =
    port.protocol === AUTO
      ? atTcpProxy("SIDECAR_INBOUND", match, "INSERT_BEFORE", filter, proxy)
      : atFilter("SIDECAR_INBOUND", match, filterName(inboundFilter(port, "observe")), "REPLACE", filter, proxy);
  const carrier = selfContainedTunnelFilter(inboundName(port));
  return [put, atTcpProxy("SIDECAR_INBOUND", match, "REPLACE", carrier, proxy)];
}

/** The configurations of both: which one an Envoy asks for is said by its namespace. `mesh` is what it may see. */
export function buildInboundConfigs(
  port: InboundPort,
  mesh: Mesh,
  code: WasmCode,
  versions: Pick<TableVersions, "of">,
): readonly Resource[] {
  const side = inboundSide(mesh, port);
  const options = { code, versions, readBuffer: READ_BUFFER_BYTES };
  const modes = [...(port.protocol === AUTO ? [] : ["observe" as const]), ...(isJudged(side) ? ["call" as const] : [])];
  return modes.map((mode) => buildInboundConfig(side, port, mode, mesh, options));
}
