import { isDeepStrictEqual } from "node:util";
import { isHttp } from "../model/http.js";
import type { TrafficPolicy } from "../model/model.js";
import { suggestion } from "../resource/near.js";
import { conflict, type DestinationRule, mention, missingReference, problemOf } from "../resource/resource.js";
import type { FieldPath } from "../status/field-path.js";
import { formatResourceName, type Problem } from "../status/problem.js";

import { exportsOf } from "./exports.js";
import { selects } from "./selects.js";
import { describePorts, type ServiceDraft, type ServiceIndex } from "./service-index.js";
import { stillInForce } from "./still-in-force.js";

export interface ChosenRules {
  /** By host. One rule for a host: the first, in the order of the files. */
  readonly byHost: ReadonlyMap<string, DestinationRule>;
  readonly inForce: ReadonlyMap<string, DestinationRule>;
  readonly problems: readonly Problem[];
}

/** Which DestinationRule each service has. A rule that does not fit its service gives way to its last version that did. */
export function chooseRules(
  rules: readonly DestinationRule[],
  services: ServiceIndex,
  before: ReadonlyMap<string, DestinationRule>,
): ChosenRules {
  const byHost = new Map<string, DestinationRule>();
  const inForce = new Map<string, DestinationRule>();
  const problems: Problem[] = [];
  for (const rule of rules) {
    const key = formatResourceName(rule);
    const found = misfits(rule, services);
    const last = before.get(key);
    const fallback = last !== undefined && misfits(last, services).length === 0 ? last : undefined;
    problems.push(...(fallback === undefined ? found : found.map(stillInForce)));
    const chosen = found.length === 0 ? rule : fallback;
    const service = chosen && services.resolve(chosen.spec.host, chosen.namespace);
    if (chosen === undefined || service === undefined) continue;
    const first = byHost.get(service.host);
    if (first !== undefined && !isAddable(chosen, first)) {
      const reason = `${service.host} has a rule already, ${mention(first)}, which stays in force: merge the two`;
      problems.push(conflict(rule, ["spec", "host"], reason));
      continue;
    }
    byHost.set(service.host, first === undefined ? chosen : withSubsets(first, chosen));
    inForce.set(key, chosen);
    problems.push(...emptySubsets(chosen, service), ...idleHashes(chosen, service));
  }
  return { byHost, inForce, problems };
}

/** As in Istio a second rule may add subsets, for those who see the first. */
function isAddable({ spec, ...rule }: DestinationRule, first: DestinationRule): boolean {
  const names = new Set(first.spec.subsets.map(({ name }) => name));
  return (
    spec.subsets.every(({ name }) => !names.has(name)) &&
    (Object.keys(spec.trafficPolicy).length === 0 || isDeepStrictEqual(spec.trafficPolicy, first.spec.trafficPolicy)) &&
    isDeepStrictEqual(exportsOf({ ...rule, spec }), exportsOf(first))
  );
}

function withSubsets(first: DestinationRule, { spec }: DestinationRule): DestinationRule {
  return { ...first, spec: { ...first.spec, subsets: [...first.spec.subsets, ...spec.subsets] } };
}

function misfits(rule: DestinationRule, services: ServiceIndex): readonly Problem[] {
  const { host, trafficPolicy, subsets } = rule.spec;
  const service = services.resolve(host, rule.namespace);
  if (service === undefined) {
    return [
      missingReference(rule, ["spec", "host"], `no service has the host ${host}${suggestion(host, services.hosts)}`),
    ];
  }
  const problems: Problem[] = [];
  const policies: [FieldPath, typeof trafficPolicy][] = [[["spec", "trafficPolicy"], trafficPolicy]];
  subsets.forEach((subset, index) => {
    policies.push([["spec", "subsets", index, "trafficPolicy"], subset.trafficPolicy]);
  });
  for (const [path, { connectionPool, ports = {} }] of policies) {
    if (connectionPool?.http !== undefined && service.ports.every(({ protocol }) => isRpc(protocol))) {
      const reason = `calls to ${service.host} are not HTTP: only connectionPool.tcp has a meaning for them`;
      problems.push(problemOf(rule, [...path, "connectionPool", "http"], reason));
    }
    for (const number of Object.keys(ports).map(Number)) {
      if (service.ports.some((port) => port.number === number)) continue;
      const reason = `${service.host} has no port ${number}; its ports are ${describePorts(service)}`;
      problems.push(problemOf(rule, [...path, "portLevelSettings"], reason));
    }
  }
  return problems;
}

function isRpc(protocol: string | undefined): boolean {
  return protocol !== undefined && !isHttp(protocol);
}

/** Where the order of calls counts a client's calls take one connection, and no value in them can say to which host. */
function idleHashes(rule: DestinationRule, service: ServiceDraft): readonly Problem[] {
  const { trafficPolicy, subsets } = rule.spec;
  const policies: [FieldPath, TrafficPolicy][] = [
    [["spec", "trafficPolicy"], trafficPolicy],
    ...subsets.map((subset, index): [FieldPath, TrafficPolicy] => [
      ["spec", "subsets", index, "trafficPolicy"],
      subset.trafficPolicy,
    ]),
  ];
  return policies.flatMap(([path, policy]) => {
    const idle = service.ports.some(({ number, protocol }) => {
      const { loadBalancer } = policy.ports?.[number] ?? policy;
      return protocol === "redis" && loadBalancer !== undefined && "attribute" in loadBalancer;
    });
    if (!idle) return [];
    const reason =
      "no effect on redis: the commands of a client take one connection to the destination, in their order, and its address picks the host";
    return [problemOf(rule, [...path, "loadBalancer", "consistentHash", "httpHeaderName"], reason, "warning")];
  });
}

function emptySubsets(rule: DestinationRule, service: ServiceDraft): readonly Problem[] {
  // A service without endpoints at all has its own warning.
  if (service.endpoints.length === 0) return [];
  return rule.spec.subsets.flatMap(({ name, labels }, index) => {
    if (service.endpoints.some((endpoint) => selects(labels, endpoint.labels))) return [];
    const reason = `no endpoint of ${service.host} has the labels of the subset ${name}: calls to it fail`;
    return [problemOf(rule, ["spec", "subsets", index, "labels"], reason, "warning")];
  });
}
