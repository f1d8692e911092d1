import { inboundTable } from "../filter-config/inbound.js";
import { isOfFamilies } from "../model/families.js";
import { type InboundListener, inboundListenerAt } from "../model/inbound.js";
import { isAnyAddress } from "../model/ip.js";
import type { Mesh } from "../model/model.js";
import { type Family, familyOf } from "../model/node-profile.js";
import type { OwnEndpoint } from "../model/own-endpoints.js";
import { PROTOCOLS } from "../model/protocols.js";
import { formatAddress, socketAddress } from "./address.js";
import type { BindAddress, BoundListener } from "./bind.js";
import { buildExtensionConfig, type WasmCode } from "./extension-configs.js";
import type { JsonObject } from "./json.js";
import { meltemiFilter, READ_BUFFER_BYTES } from "./listeners.js";
import { comesBack } from "./loop-guard.js";
import { makeResource, type Resource } from "./resource.js";
import { secretsOf } from "./secrets.js";
import type { TableVersions } from "./table-versions.js";
import { downstreamTls } from "./tls.js";
import { connections } from "./traffic-policy.js";
import { tunnelFilter } from "./tunnel.js";
import { anyAddress, listenerAddresses, wildcard } from "./wildcard.js";

interface BuiltInbound {
  readonly resources: readonly Resource[];
  readonly problems: readonly string[];
  readonly hasTunnels: boolean;
  /** Of the listeners. */
  readonly addresses: readonly BindAddress[];
}

interface Options {
  /** The outbound listeners. */
  readonly bound: readonly BoundListener[];
  readonly families: readonly Family[];
  /** Instances at the node's addresses. */
  readonly own: readonly OwnEndpoint[];
  readonly code: WasmCode;
  readonly versions: Pick<TableVersions, "of">;
}

/**
 * The listeners before services of the node's own machine, where ListenerPolicies say where those are; with all that is asked of their calls. What
 * cannot be served is left out, and said: so are policies that nothing enforces.
 */
export function buildInbound(mesh: Mesh, { bound, families, own, code, versions }: Options): BuiltInbound {
  const { inbound } = mesh;
  const addresses: BindAddress[] = [];
  if (inbound === undefined) return { resources: [], problems: [], hasTunnels: false, addresses };
  const problems: string[] = [];
  const outbound = bound.flatMap((one) => one.addresses);
  const taken = new Set(outbound.map(formatAddress));
  const isSending = comesBack({ outbound, inbound: [], own });
  const resources = inbound.listeners.flatMap((listener): readonly Resource[] => {
    const { protocol, port, namespace } = listener;
    const bind = bindIn(families, listener.bind);
    // Of several at one port each namespace has its own.
    if (inboundListenerAt(inbound, undefined, protocol, port) !== listener) return [];
    const [first, ...others] = addressesFor({ ip: bind, port }, own, taken);
    const wrong = !isSpoken(protocol, mesh)
      ? `nothing says how ${protocol} is spoken`
      : listener.defaultEndpoint === undefined
        ? "its policy says no defaultEndpoint, which Envoys need that connections are not redirected to"
        : ![bind, hostAndPort(listener.defaultEndpoint)[0]].every((ip) => isOfFamilies(ip, families))
          ? `its addresses are not ${families.join(" or ")}, which is what the node has`
          : first === undefined
            ? `${formatAddress({ ip: bind, port })} is taken by another listener`
            : isSending(...hostAndPort(listener.defaultEndpoint))
              ? `its defaultEndpoint, ${listener.defaultEndpoint}, is a listener of the node itself: calls would go round`
              : undefined;
    if (wrong === undefined && first !== undefined) {
      addresses.push(first, ...others);
      return buildOne(listener, [first, ...others], mesh, code, versions);
    }
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
  return { resources, problems, hasTunnels: resources.length > 0, addresses };
}

/**
 * Where the listener is: where its policy says, and at all addresses of the node at which an instance is registered for the port. Where an
 * outbound listener is at all addresses already, it is at these alone: what is for one address goes to who is there.
 */
function addressesFor(
  bind: BindAddress,
  own: readonly OwnEndpoint[],
  taken: ReadonlySet<string>,
): readonly BindAddress[] {
  const isAny = (ip: string) => bind.ip === anyAddress(familyOf(ip));
  const free = taken.has(formatAddress(bind)) ? [] : [bind];
  const registered = own.filter(
    ({ ip, port }) => port === bind.port && ip !== bind.ip && !(free.length > 0 && isAny(ip)),
  );
  return [...free, ...registered.filter((one) => !taken.has(formatAddress(one)))];
}

/** Whether the filter can be told how: it has a codec, or a resource declares it. */
export function isSpoken(protocol: string, { listeners }: Pick<Mesh, "listeners">): boolean {
  return PROTOCOLS.includes(protocol) || listeners.some((one) => one.protocol === protocol && one.declared);
}

function buildOne(
  listener: InboundListener,
  addresses: readonly [BindAddress, ...BindAddress[]],
  mesh: Mesh,
  code: WasmCode,
  versions: Pick<TableVersions, "of">,
): readonly Resource[] {
  const { protocol, port, tls, defaultEndpoint = "" } = listener;
  const name = `inbound_${protocol}_${port}`;
  const cluster = `inbound|${port}||`;
  const table = inboundTable({ protocol, cluster, listener, policies: mesh.inbound?.policies ?? [] }, mesh.listeners);
  const filter = { listener: name, protocol, mode: "call" } as const;
  return [
    makeResource("LDS", name, {
      name,
      ...listenerAddresses(addresses),
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
  return { endpoint: { address: socketAddress(...hostAndPort(endpoint)) } };
}

function hostAndPort(endpoint: string): [ip: string, port: number] {
  const colon = endpoint.lastIndexOf(":");
  return [endpoint.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), Number(endpoint.slice(colon + 1))];
}

/** All addresses of a node that has one family are those of that. */
function bindIn(families: readonly Family[], bind: string): string {
  return isAnyAddress(bind) && !isOfFamilies(bind, families) ? wildcard(families, 0)[0].ip : bind;
}
