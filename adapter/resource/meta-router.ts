import type { FieldPath } from "../status/field-path.js";
import { parseConditions, type WrittenMatcher } from "./meta-router-match.js";
import {
  parseGlobalRateLimit,
  parseLocalRateLimit,
  type WrittenGlobalRateLimit,
  type WrittenLocalRateLimit,
} from "./meta-router-rate-limit.js";
import type { Report } from "./report.js";
import type { DestinationSpec, VirtualServiceSpec, WrittenDestination } from "./virtual-service.js";

interface WrittenSpec {
  readonly hosts: readonly string[];
  readonly exportTo?: readonly string[];
  readonly routes: readonly {
    readonly name?: string;
    readonly match?: { readonly attributes?: Readonly<Record<string, WrittenMatcher>> };
    readonly route: readonly WrittenDestination[];
  }[];
  readonly localRateLimit?: WrittenLocalRateLimit;
  readonly globalRateLimit?: WrittenGlobalRateLimit;
}

/** Reads a spec that its schema allows, as the VirtualService that says the same. */
export function parseMetaRouter(spec: unknown, report: Report): VirtualServiceSpec {
  const { hosts, exportTo, routes, localRateLimit, globalRateLimit: global } = spec as WrittenSpec;
  if (hosts.length > 1) report(["spec", "hosts"], "Aeraki takes one host: write a MetaRouter for each");
  const localRateLimits = localRateLimit && parseLocalRateLimit(localRateLimit, ["spec", "localRateLimit"], report);
  const globalRateLimit = global && parseGlobalRateLimit(global, ["spec", "globalRateLimit"], report);
  return {
    hosts,
    protocol: undefined,
    protocols: undefined,
    exportTo,
    routes: routes.map(({ name, match, route }, index) => {
      const path: FieldPath = ["spec", "routes", index];
      return {
        name: name || `route-${index}`,
        match: [
          { path, conditions: parseConditions(match?.attributes ?? {}, [...path, "match", "attributes"], report) },
        ],
        destinations: parseDestinations(route, [...path, "route"], report),
        ...(localRateLimits && { policy: { localRateLimits } }),
        globalRateLimit,
      };
    }),
  };
}

/** The weight of an only destination means nothing, and one that is not written is 0. */
function parseDestinations(
  written: readonly WrittenDestination[],
  path: FieldPath,
  report: Report,
): readonly DestinationSpec[] {
  const destinations = written.map(({ destination: { host, subset, port }, weight = 0 }) => {
    return { host, subset, port: port?.number, weight: written.length > 1 ? weight : 100 };
  });
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  if (sum !== 100) report(path, `the weights add up to ${sum}, and must add up to 100`);
  return destinations;
}
