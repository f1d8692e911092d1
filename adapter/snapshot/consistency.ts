import type { FilterConfig } from "../filter-config/filter-config.js";
import type { Resource, ResourceType } from "../xds/resource.js";
import { NO_CLUSTER } from "../xds/tcp-proxy.js";
import type { Snapshot } from "./snapshot.js";

interface Reference {
  readonly type: ResourceType;
  readonly name: string;
}

/** Types whose resources are of use only to what refers to them. A cluster no route leads to today may be wanted tomorrow. */
const REFERRED: readonly ResourceType[] = ["EDS", "SDS", "ECDS", "RDS"];

/** What does not fit together: a name that is referred to and not there, a resource that nothing refers to. */
export function checkConsistency(snapshot: Snapshot): readonly string[] {
  const problems: string[] = [];
  const referred = new Set<string>();
  for (const { resources } of Object.values(snapshot.types)) {
    for (const resource of resources.values()) {
      for (const { type, name } of referencesOf(resource)) {
        referred.add(`${type} ${name}`);
        if (!snapshot.types[type].resources.has(name)) {
          problems.push(`${resource.type} ${resource.name} refers to ${type} ${name}, which does not exist`);
        }
      }
    }
  }
  for (const type of REFERRED) {
    for (const name of snapshot.types[type].resources.keys()) {
      if (!referred.has(`${type} ${name}`)) problems.push(`nothing refers to ${type} ${name}`);
    }
  }
  return problems;
}

/** Read from the resources as they are sent, not from what they were made of. */
function referencesOf({ type, name, json }: Resource): readonly Reference[] {
  switch (type) {
    case "CDS":
      return [...(json.type === "EDS" ? [{ type: "EDS", name } as const] : []), ...secretReferences(json)];
    case "LDS":
      return [...listenerReferences(json as unknown as ListenerJson), ...secretReferences(json)];
    case "RDS":
      return [...clustersIn(json)].map((cluster) => ({ type: "CDS", name: cluster }));
    case "ECDS":
      return [...clustersOf(json as unknown as ExtensionJson)].map((cluster) => ({ type: "CDS", name: cluster }));
    default:
      return [];
  }
}

interface ListenerJson {
  readonly filter_chains: readonly FilterChainJson[];
  readonly default_filter_chain?: FilterChainJson;
}

interface FilterChainJson {
  readonly filters: readonly {
    readonly name: string;
    readonly config_discovery?: object;
    readonly typed_config?: {
      readonly rds?: { readonly route_config_name: string };
      readonly cluster?: string;
      readonly weighted_clusters?: { readonly clusters: readonly { readonly name: string }[] };
    };
  }[];
}

function listenerReferences({ filter_chains, default_filter_chain }: ListenerJson): readonly Reference[] {
  const chains = default_filter_chain === undefined ? filter_chains : [...filter_chains, default_filter_chain];
  const filters = chains.flatMap((chain) => chain.filters);
  return filters.flatMap(({ name, config_discovery, typed_config }): Reference[] => {
    if (config_discovery !== undefined) return [{ type: "ECDS", name }];
    if (typed_config?.rds !== undefined) {
      const asked = namedClusters(typed_config).map((cluster) => ({ type: "CDS", name: cluster }) as const);
      return [{ type: "RDS", name: typed_config.rds.route_config_name }, ...asked];
    }
    const weighted = typed_config?.weighted_clusters?.clusters.map((one) => one.name) ?? [];
    const clusters = [...weighted, ...(typed_config?.cluster === undefined ? [] : [typed_config.cluster])];
    return clusters.filter((one) => one !== NO_CLUSTER).map((one) => ({ type: "CDS", name: one }));
  });
}

/** Those that filters ask in gRPC. */
function namedClusters(json: unknown): readonly string[] {
  if (typeof json !== "object" || json === null) return [];
  if ("cluster_name" in json) return [String(json.cluster_name)];
  return Object.values(json).flatMap(namedClusters);
}

/** Of routes: where requests and their copies go. A cluster that a header names is there or not when the request comes. */
function clustersIn(json: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("cluster" in value && typeof value.cluster === "string") found.add(value.cluster);
    if ("weighted_clusters" in value) {
      const { clusters } = value.weighted_clusters as { readonly clusters: readonly { readonly name: string }[] };
      for (const { name } of clusters) found.add(name);
    }
    for (const one of Object.values(value)) visit(one);
  };
  visit(json);
  return found;
}

/** Wherever they stand: a certificate and who signs the other side's are referred to in two ways. */
function secretReferences(json: unknown): readonly Reference[] {
  if (typeof json !== "object" || json === null) return [];
  if ("sds_config" in json && "name" in json) return [{ type: "SDS", name: String(json.name) }];
  return Object.values(json).flatMap(secretReferences);
}

interface ExtensionJson {
  readonly typed_config: { readonly config: { readonly configuration: { readonly value: string } } };
}

function clustersOf({ typed_config }: ExtensionJson): ReadonlySet<string> {
  const table = JSON.parse(typed_config.config.configuration.value) as FilterConfig;
  const actions = table.virtual_hosts.flatMap(({ routes }) => routes).map(({ route }) => route);
  return new Set(
    actions.flatMap((action) =>
      "cluster" in action ? [action.cluster] : action.weighted_clusters.clusters.map(({ name }) => name),
    ),
  );
}
