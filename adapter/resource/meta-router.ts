import type { AttributeMatch } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import type { Report } from "./report.js";
import type { Condition, DestinationSpec, VirtualServiceSpec, WrittenDestination } from "./virtual-service.js";

interface WrittenMatcher {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

interface WrittenSpec {
  readonly hosts: readonly string[];
  readonly exportTo?: readonly string[];
  readonly routes: readonly {
    readonly name?: string;
    readonly match?: { readonly attributes?: Readonly<Record<string, WrittenMatcher>> };
    readonly route: readonly WrittenDestination[];
  }[];
}

/** How Aeraki writes "any value". */
const ANY = "*";

/** Reads a spec that its schema allows, as the VirtualService that says the same. */
export function parseMetaRouter(spec: unknown, report: Report): VirtualServiceSpec {
  const { hosts, exportTo, routes } = spec as WrittenSpec;
  if (hosts.length > 1) report(["spec", "hosts"], "Aeraki takes one host: write a MetaRouter for each");
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
      };
    }),
  };
}

function parseConditions(
  attributes: Readonly<Record<string, WrittenMatcher>>,
  at: FieldPath,
  report: Report,
): readonly Condition[] {
  return Object.entries(attributes).flatMap(([name, matcher]) => {
    const path = [...at, name];
    const said = Object.keys(matcher);
    if (name === "") report(path, "an attribute needs a name");
    if (said.length > 1) report(path, `says ${said.join(" and ")}, and may say one only`);
    return { path, match: parseMatcher(name, matcher) };
  });
}

/** A name without anything asks whether the attribute is there. */
function parseMatcher(name: string, { exact, prefix, regex }: WrittenMatcher): AttributeMatch {
  const common = { name, invert: false };
  if (exact !== undefined) return { ...common, kind: "exact", value: exact };
  if (prefix !== undefined) return { ...common, kind: "prefix", value: prefix };
  if (regex !== undefined && regex !== ANY) return { ...common, kind: "regex", value: regex };
  return { ...common, kind: "present" };
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
