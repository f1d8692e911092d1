import type { AuthorizationPolicy } from "./authorization.js";
import type { DownstreamTls, ListenerSettings, RoutePolicy } from "./model.js";

/** What is asked of the inbound side of workloads: of the Envoys before the services themselves. */
export interface Inbound {
  /** What is of this namespace is for workloads of all. */
  readonly rootNamespace: string;
  /** By namespace and name. */
  readonly policies: readonly AuthorizationPolicy[];
  readonly listeners: readonly InboundListener[];
}

/** Where workloads of a namespace serve calls of a protocol. */
export interface InboundListener {
  readonly namespace: string;
  readonly protocol: string;
  readonly port: number;
  /** IP address that a listener of our own is bound to. */
  readonly bind: string;
  /** `IP:PORT` of the service behind it. Where Envoys are Istio's it is known. */
  readonly defaultEndpoint: string | undefined;
  readonly settings: ListenerSettings;
  readonly tls: DownstreamTls | undefined;
  /** What is done to each call. */
  readonly policy: RoutePolicy | undefined;
}

/** What is for workloads of this namespace. */
export function inboundOf({ rootNamespace, policies, listeners }: Inbound, namespace: string | undefined): Inbound {
  const isHere = (one: { readonly namespace: string }) =>
    one.namespace === rootNamespace || one.namespace === namespace;
  return { rootNamespace, policies: policies.filter(isHere), listeners: listeners.filter(isHere) };
}

/** Namespaces whose workloads are asked for something that those of others are not. */
export function inboundNamespaces({ rootNamespace, policies, listeners }: Inbound): readonly string[] {
  const named = [...policies, ...listeners].map(({ namespace }) => namespace);
  return [...new Set(named)].filter((namespace) => namespace !== rootNamespace).sort();
}

/** The one for workloads of the namespace at this port: its own rather than the root namespace's. Undefined: of the only other one. */
export function inboundListenerAt(
  { rootNamespace, listeners }: Inbound,
  namespace: string | undefined,
  protocol: string,
  port: number,
): InboundListener | undefined {
  const there = listeners.filter((one) => one.protocol === protocol && one.port === port);
  const isOwn = (one: InboundListener) =>
    namespace === undefined ? one.namespace !== rootNamespace : one.namespace === namespace;
  return there.find(isOwn) ?? there.find((one) => one.namespace === rootNamespace);
}
