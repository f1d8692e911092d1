import type { InboundPort } from "../model/inbound-ports.js";
import type { Mesh } from "../model/model.js";
import type { NodeShape } from "../model/node-shape.js";
import { filterName } from "./filter-identity.js";
import { isSpoken } from "./inbound.js";
import {
  buildInboundConfig,
  type InboundConfigOptions,
  inboundCluster,
  inboundFilter,
  inboundMode,
  inboundName,
  inboundSide,
} from "./inbound-filter.js";
import type { JsonObject } from "./json.js";
import { meltemiFilter } from "./listeners.js";
import type { Resource } from "./resource.js";
import { secretsOf } from "./secrets.js";
import { observedFilter } from "./tcp-proxy.js";
import { downstreamTls } from "./tls.js";
import { tunnelFilter } from "./tunnel.js";
import { buildInboundCluster } from "./virtual-listeners.js";

/** What comes in for ports of the node's own workload: a chain of filters for each, and what they refer to. */
export interface LocalWorkload {
  readonly chains: readonly JsonObject[];
  readonly resources: readonly Resource[];
  /** There are calls that are looked at one by one. */
  readonly hasTunnels: boolean;
}

/** `served`: what of the mesh the node's workload may serve. */
export function buildLocalWorkload(
  served: Mesh,
  { namespace, localPorts, families }: NodeShape,
  options: InboundConfigOptions,
): LocalWorkload {
  const ports = localPorts.map((port) => buildPort(port, served, namespace, options));
  return {
    chains: ports.map(({ chain }) => chain),
    resources: [
      ...ports.flatMap(({ resources }) => resources),
      ...localPorts.map(({ number }) => buildInboundCluster(inboundCluster(number), families)),
    ],
    hasTunnels: ports.some(({ hasTunnels }) => hasTunnels),
  };
}

function buildPort(
  port: InboundPort,
  served: Mesh,
  namespace: string | undefined,
  options: InboundConfigOptions,
): { readonly chain: JsonObject; readonly resources: readonly Resource[]; readonly hasTunnels: boolean } {
  const name = inboundName(port);
  const cluster = inboundCluster(port.number);
  const side = inboundSide(served, port, namespace);
  const mode = isSpoken(port.protocol, served) ? inboundMode(side) : undefined;
  const tls = side.listener?.tls;
  const carrier = mode === "call" ? tunnelFilter(name) : observedFilter(name, cluster, side.listener?.settings);
  return {
    chain: {
      name,
      filter_chain_match: { destination_port: port.number },
      filters: [...(mode === undefined ? [] : [meltemiFilter(filterName(inboundFilter(port, mode)))]), carrier],
      ...downstreamTls(tls),
    },
    resources: [
      ...(mode === undefined ? [] : [buildInboundConfig(side, port, mode, served, options)]),
      ...secretsOf(tls),
    ],
    hasTunnels: mode === "call",
  };
}
