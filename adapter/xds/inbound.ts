import { inboundTable } from "../filter-config/inbound.js";
import { type InboundListener, inboundListenerAt } from "../model/inbound.js";
import type { Mesh } from "../model/model.js";
import { PROTOCOLS } from "../model/protocols.js";
import { formatAddress, socketAddress } from "./address.js";
import type { BoundListener } from "./bind.js";
import { buildExtensionConfig, type WasmCode } from "./extension-configs.js";
import type { JsonObject } from "./json.js";
import { meltemiFilter, READ_BUFFER_BYTES } from "./listeners.js";
import { makeResource, type Resource } from "./resource.js";
import { secretsOf } from "./secrets.js";
import type { TableVersions } from "./table-versions.js";
import { downstreamTls } from "./tls.js";
import { connections } from "./traffic-policy.js";
import { tunnelFilter } from "./tunnel.js";

/**
 * The listeners before services of the node's own machine, where ListenerPolicies say where those are; with all that is asked of their calls. What
 * cannot be served is left out, and said: so are policies that nothing enforces.
 */
export function buildInbound(
  mesh: Mesh,
  bound: readonly BoundListener[],
  code: WasmCode,
  versions: Pick<TableVersions, "of">,
): { readonly resources: readonly Resource[]; readonly problems: readonly string[] } {
  const { inbound } = mesh;
  if (inbound === undefined) return { resources: [], problems: [] };
  const problems: string[] = [];
  const taken = new Set(bound.flatMap(({ addresses }) => addresses.map(formatAddress)));
  const resources = inbound.listeners.flatMap((listener): readonly Resource[] => {
    const { protocol, port, bind, namespace } = listener;
    // Of several at one port each namespace has its own.
    if (inboundListenerAt(inbound, undefined, protocol, port) !== listener) return [];
    const speaks = PROTOCOLS.includes(protocol) || mesh.listeners.some((one) => one.protocol === protocol);
    const address = formatAddress({ ip: bind, port });
    const wrong = !speaks
      ? `nothing says how ${protocol} is spoken`
      : listener.defaultEndpoint === undefined
        ? "its policy says no defaultEndpoint"
        : taken.has(address)
          ? `${address} is taken by another listener`
          : undefined;
    if (wrong === undefined) return buildOne(listener, mesh, code, versions);
    problems.push(`the inbound listener ${protocol} ${port} of ${namespace} is left out: ${wrong}`);
    return [];
  });
  for (const { namespace, name } of inbound.policies) {
    const isHere = inbound.listeners.some(
      (one) => [namespace, inbound.rootNamespace].includes(one.namespace) || namespace === inbound.rootNamespace,
    );
    if (isHere) continue;
    problems.push(
      `AuthorizationPolicy ${namespace}/${name} is enforced nowhere: no ListenerPolicy of ${namespace} has an inbound listener`,
    );
  }
  return { resources, problems };
}

function buildOne(
  listener: InboundListener,
  mesh: Mesh,
  code: WasmCode,
  versions: Pick<TableVersions, "of">,
): readonly Resource[] {
  const { protocol, port, bind, tls, defaultEndpoint = "" } = listener;
  const name = `inbound_${protocol}_${port}`;
  const cluster = `inbound|${port}||`;
  const table = inboundTable({ protocol, cluster, listener, policies: mesh.inbound?.policies ?? [] }, mesh.listeners);
  const filter = { listener: name, protocol, mode: "call" } as const;
  return [
    makeResource("LDS", name, {
      name,
      address: socketAddress(bind, port),
      stat_prefix: name,
      traffic_direction: "INBOUND",
      per_connection_buffer_limit_bytes: READ_BUFFER_BYTES,
      filter_chains: [{ filters: [meltemiFilter(name), tunnelFilter(name)], ...downstreamTls(tls) }],
    }),
    buildExtensionConfig(filter, { ...table, version: versions.of(name, table) }, code),
    makeResource("CDS", cluster, {
      name: cluster,
      type: "STATIC",
      ...connections(undefined),
      load_assignment: { cluster_name: cluster, endpoints: [{ lb_endpoints: [hostAt(defaultEndpoint)] }] },
    }),
    ...secretsOf(tls),
  ];
}

function hostAt(endpoint: string): JsonObject {
  const colon = endpoint.lastIndexOf(":");
  const ip = endpoint.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { endpoint: { address: socketAddress(ip, Number(endpoint.slice(colon + 1))) } };
}
