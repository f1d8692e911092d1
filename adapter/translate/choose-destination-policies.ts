import { AUTO } from "../model/protocols.js";
import { statusNames } from "../model/statuses.js";
import { suggestion } from "../resource/near.js";
import { unknownStatuses } from "../resource/policies/outlier-detection.js";
import { conflict, type DestinationPolicy, mention, missingReference } from "../resource/resource.js";
import { formatResourceName, type Problem } from "../status/problem.js";
import { networkMisfits } from "./network-misfits.js";
import { describePorts, type ServiceDraft, type ServiceIndex } from "./service-index.js";
import { stillInForce } from "./still-in-force.js";

export interface Destination {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
}

/** By what they are for, as `destinationKey` writes it. */
export type DestinationPolicies = ReadonlyMap<string, DestinationPolicy>;

export interface ChosenDestinationPolicies {
  readonly byDestination: DestinationPolicies;
  readonly inForce: ReadonlyMap<string, DestinationPolicy>;
  readonly problems: readonly Problem[];
}

/**
 * Which DestinationPolicy each host, subset and port has: of two for the same the first. One that refers to what there is not
 * gives way to its last version that did not. The services know their DestinationRules; `planes` are the names of those that there are.
 */
export function chooseDestinationPolicies(
  policies: readonly DestinationPolicy[],
  services: ServiceIndex,
  before: ReadonlyMap<string, DestinationPolicy>,
  planes: ReadonlySet<string>,
): ChosenDestinationPolicies {
  const byDestination = new Map<string, DestinationPolicy>();
  const inForce = new Map<string, DestinationPolicy>();
  const problems: Problem[] = [];
  for (const policy of policies) {
    const key = formatResourceName(policy);
    const found = misfits(policy, services, planes);
    const last = before.get(key);
    const fallback = last !== undefined && misfits(last, services, planes).length === 0 ? last : undefined;
    problems.push(...(fallback === undefined ? found : found.map(stillInForce)));
    const chosen = found.length === 0 ? policy : fallback;
    const host = chosen && services.resolve(chosen.spec.host, chosen.namespace)?.host;
    if (chosen === undefined || host === undefined) continue;
    const { subset, port } = chosen.spec;
    const destination = destinationKey({ host, subset, port });
    const first = byDestination.get(destination);
    if (first !== undefined) {
      const reason = `${describe({ host, subset, port })} has a policy already, ${mention(first)}, which stays in force: merge the two`;
      problems.push(conflict(policy, ["spec", "host"], reason));
      continue;
    }
    byDestination.set(destination, chosen);
    inForce.set(key, chosen);
  }
  return { byDestination, inForce, problems };
}

/** The most specific one for a destination; it alone holds. */
export function destinationPolicy(
  { host, subset, port }: Destination & { readonly port: number },
  policies: DestinationPolicies,
): DestinationPolicy | undefined {
  const subsets = subset === undefined ? [undefined] : [subset, undefined];
  for (const one of subsets) {
    for (const number of [port, undefined]) {
      const found = policies.get(destinationKey({ host, subset: one, port: number }));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Neither a host nor a subset's name has a `|` in it. */
function destinationKey({ host, subset, port }: Destination): string {
  return `${port ?? ""}|${subset ?? ""}|${host}`;
}

function describe({ host, subset, port }: Destination): string {
  return [host, subset && `subset ${subset}`, port && `port ${port}`].filter((part) => part !== undefined).join(", ");
}

function misfits(policy: DestinationPolicy, services: ServiceIndex, planes: ReadonlySet<string>): readonly Problem[] {
  const { host, subset, port } = policy.spec;
  const service = services.resolve(host, policy.namespace);
  if (service === undefined) {
    return [
      missingReference(policy, ["spec", "host"], `no service has the host ${host}${suggestion(host, services.hosts)}`),
    ];
  }
  const problems: Problem[] = [];
  if (port !== undefined && !service.ports.some(({ number }) => number === port)) {
    const reason = `${service.host} has no port ${port}; its ports are ${describePorts(service)}`;
    problems.push(missingReference(policy, ["spec", "port", "number"], reason));
  }
  const reason = subset === undefined ? undefined : services.lacksSubset(service.host, subset);
  if (reason !== undefined) problems.push(missingReference(policy, ["spec", "subset"], reason));
  return [...problems, ...strangeStatuses(policy, service), ...networkMisfits(policy, service, services, planes)];
}

/** Statuses by names that no protocol of the service has. */
function strangeStatuses(policy: DestinationPolicy, { ports, host }: ServiceDraft): readonly Problem[] {
  const { port, outlierDetection } = policy.spec;
  const spoken = ports.filter(({ number }) => port === undefined || number === port);
  const said = spoken.flatMap(({ protocol }) => protocol ?? []);
  // What a port speaks may be said by VirtualServices alone.
  const protocols = said.length < spoken.length || said.length === 0 ? [AUTO] : said;
  return unknownStatuses(outlierDetection?.statuses ?? [], protocols).map((word) => {
    const near = suggestion(word, protocols.flatMap(statusNames));
    const reason = `${word} is no status of what ${host} speaks${near}`;
    return missingReference(policy, ["spec", "outlierDetection", "statuses"], reason);
  });
}
