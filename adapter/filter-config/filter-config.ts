import { clusterName } from "../model/cluster-name.js";
import type {
  DestinationTunnels,
  ListenerSettings,
  OutboundListener,
  Route,
  WeightedDestination,
} from "../model/model.js";
import { mayLackService } from "../model/protocols.js";
import { type FilterAttributeMatcher, toAttributeMatcher } from "./attribute-matcher.js";
import type { FilterAuthorization } from "./authorization.js";
import { type FilterMutations, toFilterMutations } from "./mutations.js";
import { type FilterOutlierDetection, toFilterOutlierDetection } from "./outlier-detection.js";
import { type FilterRoutePolicy, toFilterPolicy } from "./route-policy.js";

/**
 * The JSON of protos/meltemi/filter/v1alpha1/filter.proto: the field names as written there, 64-bit integers as text, as proto3's
 * mapping to JSON has them. Fields are in the order of the message, so that equal tables are equal text.
 */
export interface FilterConfig {
  readonly program?: string;
  readonly protocols?: readonly string[];
  readonly virtual_hosts: readonly FilterVirtualHost[];
  readonly max_message_bytes?: number;
  readonly clusters?: readonly FilterClusterSettings[];
  readonly connection?: FilterConnectionSettings;
  readonly authorization?: FilterAuthorization;
}

export interface FilterClusterSettings {
  readonly name: string;
  readonly min_tunnels?: number;
  readonly max_tunnels?: number;
  readonly calls_per_tunnel?: number;
  readonly max_tunnel_age_ms?: number;
  readonly max_tunnel_calls?: number;
  readonly outlier_detection?: FilterOutlierDetection;
  readonly consistent_hash?: { readonly attribute: string; readonly buckets?: number };
}

export interface FilterConnectionSettings {
  readonly max_age_ms?: number;
  readonly idle_timeout_ms?: number;
  readonly tunnel_idle_timeout_ms?: number;
}

export interface FilterVirtualHost {
  readonly name: string;
  readonly services: readonly string[];
  readonly routes: readonly FilterRoute[];
  readonly addresses?: readonly string[];
}

export interface FilterRoute {
  readonly name?: string;
  readonly match?: { readonly attributes: readonly FilterAttributeMatcher[] };
  readonly route: FilterRouteAction;
  readonly origin?: string;
  readonly policy?: FilterRoutePolicy;
}

export type FilterClusterWeight = FilterMutations & {
  readonly name: string;
  readonly weight: number;
};

export type FilterRouteAction =
  | { readonly cluster: string }
  | {
      readonly weighted_clusters: { readonly clusters: readonly FilterClusterWeight[] };
    };

/** The routes of a listener as the filter takes them: what Envoy gets. */
export function toFilterConfig(listener: OutboundListener): FilterConfig {
  return convert(listener, toFilterRoute);
}

/** The same with the resource that each route comes from: what `meltemi explain` asks the filter with. */
export function toExplainedFilterConfig(listener: OutboundListener): FilterConfig {
  return convert(listener, (route, service) => ({
    ...toFilterRoute(route, service),
    ...(route.origin !== undefined && { origin: route.origin }),
  }));
}

function convert(listener: OutboundListener, toRoute: (route: Route, service: string) => FilterRoute): FilterConfig {
  const { settings = {}, tunnels = [], protocols, declared } = listener;
  const { maxMessageBytes, ...times } = settings;
  return {
    ...(protocols && { protocols }),
    ...(declared && { program: declared.program }),
    virtual_hosts: listener.virtualHosts.map(({ name, services, routes, addresses }) => ({
      name,
      services: takesAll(listener) && !services.includes(ANY) ? [...services, ANY] : services,
      routes: routes.map((route) => toRoute(route, name)),
      ...(addresses !== undefined && { addresses }),
    })),
    ...(maxMessageBytes !== undefined && { max_message_bytes: maxMessageBytes }),
    ...(tunnels.length > 0 && { clusters: tunnels.map(toClusterSettings) }),
    ...(Object.keys(times).length > 0 && { connection: toConnectionSettings(times) }),
  };
}

/** Takes the calls of services that no virtual host has, and those that name none. */
export const ANY = "*";

/** Whether the listener's only virtual host has all calls, whatever service they name. */
function takesAll(listener: OutboundListener): boolean {
  return listener.virtualHosts.length === 1 && mayLackService(listener);
}

function toClusterSettings(one: DestinationTunnels): FilterClusterSettings {
  const { tunnels, hashAttribute, outlierDetection, ...destination } = one;
  const { minimum, maximum, callsInFlight, maxAge_ms, maxCalls, hashBuckets: buckets } = tunnels;
  return {
    name: clusterName(destination),
    ...(minimum !== undefined && { min_tunnels: minimum }),
    ...(maximum !== undefined && { max_tunnels: maximum }),
    ...(callsInFlight !== undefined && { calls_per_tunnel: callsInFlight }),
    ...(maxAge_ms !== undefined && { max_tunnel_age_ms: Math.round(maxAge_ms) }),
    ...(maxCalls !== undefined && { max_tunnel_calls: maxCalls }),
    ...(outlierDetection && { outlier_detection: toFilterOutlierDetection(outlierDetection) }),
    ...(hashAttribute !== undefined && {
      consistent_hash: { attribute: hashAttribute, ...(buckets !== undefined && { buckets }) },
    }),
  };
}

export function toConnectionSettings(times: Omit<ListenerSettings, "maxMessageBytes">): FilterConnectionSettings {
  const { maxConnectionAge_ms, idleTimeout_ms, tunnelIdleTimeout_ms } = times;
  return {
    ...(maxConnectionAge_ms !== undefined && { max_age_ms: Math.round(maxConnectionAge_ms) }),
    ...(idleTimeout_ms !== undefined && { idle_timeout_ms: Math.round(idleTimeout_ms) }),
    ...(tunnelIdleTimeout_ms !== undefined && { tunnel_idle_timeout_ms: Math.round(tunnelIdleTimeout_ms) }),
  };
}

function toFilterRoute(route: Route, service: string): FilterRoute {
  const { name, match, destinations, policy, origin = "" } = route;
  return {
    name,
    ...(match.length > 0 && { match: { attributes: match.map(toAttributeMatcher) } }),
    route: toRouteAction(destinations),
    ...(policy && { policy: toFilterPolicy(policy, service, name, origin) }),
  };
}

function toRouteAction(destinations: readonly WeightedDestination[]): FilterRouteAction {
  const [first] = destinations;
  if (first !== undefined && destinations.length === 1 && !first.mutations) return { cluster: clusterName(first) };
  const clusters = destinations.map((destination) => ({
    name: clusterName(destination),
    weight: destination.weight,
    ...(destination.mutations && toFilterMutations(destination.mutations)),
  }));
  return { weighted_clusters: { clusters } };
}
