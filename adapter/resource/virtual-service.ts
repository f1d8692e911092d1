import type { AttributeMatch, RoutePolicy } from "../model/model.js";
import { AUTO } from "../model/protocols.js";
import type { FieldPath } from "../status/field-path.js";
import { SPECIFIERS } from "./matcher.js";
import { type WrittenCircuitBreaker, withServiceBreaker } from "./policies/circuit-breaker.js";
import { parsePolicy, type WrittenPolicy } from "./policies/parse-policy.js";
import type { Report } from "./report.js";

/** The spec of a VirtualService in one form: defaults filled in, either form of `attributes` read. */
export interface VirtualServiceSpec {
  readonly hosts: readonly string[];
  readonly protocol: string | undefined;
  /** With protocol `auto`: those that may be spoken. Undefined: all that first bytes tell. */
  readonly protocols?: readonly string[] | undefined;
  readonly routes: readonly RouteSpec[];
  readonly exportTo?: readonly string[] | undefined;
}

export interface RouteSpec {
  readonly name: string;
  /** The route takes a call for which one of these holds. Never empty. */
  readonly match: readonly MatchSpec[];
  readonly destinations: readonly DestinationSpec[];
  readonly policy?: RoutePolicy | undefined;
}

export interface MatchSpec {
  /** Relative to the resource. */
  readonly path: FieldPath;
  /** All must hold; empty where the route takes every call. */
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly path: FieldPath;
  readonly match: AttributeMatch;
}

export interface DestinationSpec {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
  readonly weight: number;
}

type WrittenMatcher = Partial<Record<"exact" | "prefix" | "suffix" | "contains" | "regex", string>> & {
  readonly present?: boolean;
  readonly range?: { readonly start: number; readonly end: number };
  readonly invert?: boolean;
};

type WrittenAttributes = Readonly<Record<string, WrittenMatcher>>;

interface WrittenSpec {
  readonly hosts: readonly string[];
  readonly protocol?: string;
  readonly protocols?: readonly string[];
  readonly exportTo?: readonly string[];
  readonly circuitBreaker?: WrittenCircuitBreaker;
  readonly routes: readonly WrittenRoute[];
}

interface WrittenRoute extends WrittenPolicy {
  readonly name?: string;
  readonly match?: readonly { readonly attributes: WrittenAttributes | readonly WrittenAttributes[] }[];
  readonly route: readonly WrittenDestination[];
}

export interface WrittenDestination {
  readonly destination: {
    readonly host: string;
    readonly subset?: string;
    readonly port?: { readonly number: number };
  };
  readonly weight?: number;
}

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseVirtualService(spec: unknown, report: Report): VirtualServiceSpec {
  const { hosts, protocol, protocols, routes, exportTo, circuitBreaker } = spec as WrittenSpec;
  hosts.forEach((host, index) => {
    const path = ["spec", "hosts", index];
    if (hosts.indexOf(host) !== index) report(path, `${host} stands here twice`);
    if (host.includes("*") && host !== "*") {
      report(path, `${host}: names are compared as a whole; \`*\` alone takes what no other VirtualService takes`);
    }
  });
  if (protocols !== undefined && protocol !== AUTO) {
    report(["spec", "protocols"], `one of several is spoken only with protocol: ${AUTO}`);
  }
  return {
    hosts,
    protocol,
    protocols,
    exportTo,
    routes: routes.map(({ name, match, route, ...policy }, index) => {
      const path = ["spec", "routes", index];
      return {
        name: name ?? `route-${index}`,
        match: parseMatch(match, [...path, "match"], report),
        destinations: parseDestinations(route, [...path, "route"], report),
        policy: withServiceBreaker(parsePolicy(policy, path, report), circuitBreaker),
      };
    }),
  };
}

function parseMatch(entries: WrittenRoute["match"], path: FieldPath, report: Report): readonly MatchSpec[] {
  if (entries === undefined) return [{ path: path.slice(0, -1), conditions: [] }];
  return entries.map(({ attributes }, index) => {
    const at = [...path, index, "attributes"];
    const maps = Array.isArray(attributes)
      ? attributes.map((map: WrittenAttributes, item) => ({ map, at: [...at, item] }))
      : [{ map: attributes as WrittenAttributes, at }];
    const conditions = maps.flatMap(({ map, at }) =>
      Object.entries(map).flatMap(([name, matcher]) => {
        const path = [...at, name];
        const match = parseMatcher(name, matcher, path, report);
        return match === undefined ? [] : [{ path, match }];
      }),
    );
    return { path: [...path, index], conditions };
  });
}

function parseMatcher(
  name: string,
  matcher: WrittenMatcher,
  path: FieldPath,
  report: Report,
): AttributeMatch | undefined {
  if (name === "") {
    report(path, "an attribute needs a name");
    return undefined;
  }
  const said = SPECIFIERS.filter((specifier) => matcher[specifier] !== undefined);
  const [kind] = said;
  if (kind === undefined || said.length > 1) {
    const which = kind === undefined ? "says nothing" : `says ${said.join(" and ")}, and may say one only`;
    report(path, `${which}: write one of ${SPECIFIERS.join(", ")}`);
    return undefined;
  }
  const invert = matcher.invert ?? false;
  if (kind === "present") return { name, kind, invert: invert === matcher.present };
  if (kind === "range") {
    const { start, end } = matcher.range ?? { start: 0, end: 0 };
    if (start >= end) report([...path, "range"], `no number is at least ${start} and less than ${end}`);
    return { name, kind, start, end, invert };
  }
  return { name, kind, value: matcher[kind] ?? "", invert };
}

function parseDestinations(
  written: WrittenSpec["routes"][number]["route"],
  path: FieldPath,
  report: Report,
): readonly DestinationSpec[] {
  const several = written.length > 1;
  const destinations = written.map(({ destination, weight }, index) => {
    if (several && weight === undefined)
      report([...path, index], "weight is needed where there are several destinations");
    return {
      host: destination.host,
      subset: destination.subset,
      port: destination.port?.number,
      weight: weight ?? (several ? 0 : 100),
    };
  });
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  const complete = !several || written.every(({ weight }) => weight !== undefined);
  if (complete && sum !== 100) report(path, `the weights add up to ${sum}, and must add up to 100`);
  return destinations;
}
