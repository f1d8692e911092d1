import type { AuthorizationPolicy } from "../model/authorization.js";
import type { InboundListener } from "../model/inbound.js";
import type { OutboundListener } from "../model/model.js";
import { toFilterAuthorization } from "./authorization.js";
import { type FilterConfig, type FilterVirtualHost, toConnectionSettings } from "./filter-config.js";
import { toFilterPolicy } from "./route-policy.js";

/** The filter before a service itself: what is spoken there, and what is asked of its calls. */
export interface InboundSide {
  readonly protocol: string;
  /** The one cluster that all calls go to. */
  readonly cluster: string;
  readonly listener?: InboundListener | undefined;
  readonly policies?: readonly AuthorizationPolicy[];
}

/** Envoy counts in 32 bits: a tunnel that is as old as that has no equal. */
const NEVER_MS = 2 ** 32 - 1;

/**
 * Virtual hosts are only what calls are counted by: those of the protocol's listeners, and one for calls of services that none of them has.
 * Where nothing is asked of calls the table is one of mode `observe`.
 */
export function inboundTable(side: InboundSide, listeners: readonly OutboundListener[]): FilterConfig {
  const { protocol, cluster, listener, policies = [] } = side;
  const speaking = listeners.filter((one) => one.protocol === protocol);
  const declared = speaking.find((one) => one.declared)?.declared;
  const protocols = new Set(speaking.flatMap((one) => one.protocols ?? []));
  const authorization = toFilterAuthorization(policies, protocol);
  const { maxMessageBytes, ...times } = listener?.settings ?? {};
  return {
    ...(protocols.size > 0 && { protocols: [...protocols] }),
    ...(declared && { program: declared.program }),
    virtual_hosts: hostsOf(side, speaking),
    ...(maxMessageBytes !== undefined && { max_message_bytes: maxMessageBytes }),
    // There is one host: a client's connection has one to it, for as long as it lives.
    ...(isJudged(side) && { clusters: [{ name: cluster, max_tunnels: 1, max_tunnel_age_ms: NEVER_MS }] }),
    ...(Object.keys(times).length > 0 && { connection: toConnectionSettings(times) }),
    ...(authorization && { authorization }),
  };
}

/** Whether calls are looked at one by one, and not only counted. */
export function isJudged({ listener, policies = [] }: InboundSide): boolean {
  return listener !== undefined || policies.length > 0;
}

/** A limit is one for all calls at the port, whatever service they name. */
function originOf({ namespace, protocol, port }: InboundListener): string {
  return `inbound ${namespace} ${protocol} ${port}`;
}

function hostsOf(side: InboundSide, speaking: readonly OutboundListener[]): readonly FilterVirtualHost[] {
  const { cluster, listener } = side;
  const taken = new Set(["*"]);
  const named = speaking
    .flatMap(({ virtualHosts }) => virtualHosts)
    .map(({ name, services }) => ({ name, services: services.filter((one) => !taken.has(one) && taken.add(one)) }))
    .filter(({ services }) => services.length > 0);
  const policy = listener?.policy;
  return [...named, { name: "inbound", services: ["*"] }].map((host) => {
    if (!isJudged(side)) return { ...host, routes: [{ route: { cluster } }] };
    const name = "inbound";
    const filterPolicy = policy && listener && toFilterPolicy(policy, host.name, name, originOf(listener));
    return { ...host, routes: [{ name, route: { cluster }, ...(filterPolicy && { policy: filterPolicy }) }] };
  });
}
