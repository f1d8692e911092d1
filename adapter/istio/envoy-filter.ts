import type { JsonObject } from "../xds/json.js";

/** Istio's EnvoyFilter, as Kubernetes has it: changes to what istiod gives to its Envoys. */
export interface EnvoyFilter {
  readonly apiVersion: "networking.istio.io/v1alpha3";
  readonly kind: "EnvoyFilter";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly configPatches: readonly JsonObject[]; readonly priority?: number };
}

/** By this label Meltemi knows what it has written itself. */
export const OWNER_LABELS = { "app.kubernetes.io/managed-by": "meltemi" } as const;

export type Context = "SIDECAR_OUTBOUND" | "SIDECAR_INBOUND" | "GATEWAY";

/** Which of istiod's listeners, or of a listener's filter chains, are meant. */
export type ListenerMatch =
  | { readonly name: string; readonly portNumber?: undefined; readonly destinationPort?: undefined }
  | { readonly portNumber: number; readonly name?: undefined; readonly destinationPort?: undefined }
  | { readonly destinationPort: number; readonly name?: undefined; readonly portNumber?: undefined };

export const TCP_PROXY = "envoy.filters.network.tcp_proxy";

/** Those with a lower `priority` are applied first; without, it is 0. */
export function envoyFilter(
  namespace: string,
  name: string,
  configPatches: readonly JsonObject[],
  priority?: number,
): EnvoyFilter {
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: `meltemi-${name}`, namespace, labels: OWNER_LABELS },
    spec: { configPatches, ...(priority !== undefined && { priority }) },
  };
}

/** A change of the listener itself. */
export function atListener(context: Context, { name, portNumber }: ListenerMatch, value: JsonObject): JsonObject {
  return {
    applyTo: "LISTENER",
    match: { context, listener: { name, portNumber } },
    patch: { operation: "MERGE", value },
  };
}

/** Which Envoys are meant, by what they say of themselves. */
export type ProxyMatch = { readonly metadata: Readonly<Record<string, string>> };

/** A change at the place of istiod's `tcp_proxy`, wherever there is one. */
export function atTcpProxy(
  context: Context,
  match: ListenerMatch,
  operation: "INSERT_BEFORE" | "REPLACE" | "MERGE",
  value: JsonObject,
  proxy?: ProxyMatch,
): JsonObject {
  return atFilter(context, match, TCP_PROXY, operation, value, proxy);
}

/** The same of another filter, one that was put there before. */
export function atFilter(
  context: Context,
  { name, portNumber, destinationPort }: ListenerMatch,
  filter: string,
  operation: "INSERT_BEFORE" | "REPLACE" | "MERGE",
  value: JsonObject,
  proxy?: ProxyMatch,
): JsonObject {
  return {
    applyTo: "NETWORK_FILTER",
    match: {
      context,
      ...(proxy && { proxy }),
      listener: { name, portNumber, filterChain: { destinationPort, filter: { name: filter } } },
    },
    patch: { operation, value },
  };
}
