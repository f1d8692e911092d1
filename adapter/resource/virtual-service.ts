import type { MessageMutations, RoutePolicy } from "../model/model.js";
import { AUTO, CODECS, IMMUTABLE } from "../model/protocols.js";
import type { FieldPath } from "../status/field-path.js";
import { namespaceOf, type ParentRef, parseParentRefs } from "./gateway-api/references.js";
import { type MatchSpec, parseMatch, type WrittenMatch } from "./match.js";
import { parseCircuitBreaker, type WrittenCircuitBreaker, withServiceBreaker } from "./policies/circuit-breaker.js";
import { parseCommonPolicy, type WrittenCommonPolicy, withCommonTimes } from "./policies/common-policy.js";
import {
  type GlobalRateLimitSpec,
  parseGlobalRateLimit,
  type WrittenGlobalRateLimit,
} from "./policies/global-rate-limit.js";
import { parseHeaders, together, type WrittenHeaders } from "./policies/headers.js";
import { parseLocalRateLimits, type WrittenLocalRateLimits, withCommonLimits } from "./policies/local-rate-limit.js";
import { parsePolicy, type WrittenPolicy } from "./policies/parse-policy.js";
import { parseRetries, type RetrySpec, type WrittenRetries } from "./policies/retries.js";
import type { Report } from "./report.js";

/** The spec of a VirtualService in one form: defaults filled in, either form of `attributes` read. */
export interface VirtualServiceSpec {
  readonly hosts: readonly string[];
  readonly protocol: string | undefined;
  /** With protocol `auto`: those that may be spoken. Undefined: all that first bytes tell. */
  readonly protocols?: readonly string[] | undefined;
  readonly routes: readonly RouteSpec[];
  readonly exportTo?: readonly string[] | undefined;
  /** `mesh`, `NAME` or `NAMESPACE/NAME`; undefined: the mesh alone. */
  readonly gateways?: readonly string[] | undefined;
  /** Gateways of the Gateway API, at which it then is in place of the mesh. */
  readonly parents?: readonly ParentRef[] | undefined;
}

export interface RouteSpec {
  readonly name: string;
  /** The route takes a call for which one of these holds. Never empty. */
  readonly match: readonly MatchSpec[];
  readonly destinations: readonly DestinationSpec[];
  readonly policy?: RoutePolicy | undefined;
  readonly retry?: RetrySpec | undefined;
  readonly mirrors?: readonly MirrorSpec[] | undefined;
  readonly globalRateLimit?: GlobalRateLimitSpec | undefined;
}

/** A service as a route names it. */
export interface TargetSpec {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
}

export interface DestinationSpec extends TargetSpec {
  readonly weight: number;
  /** Where it changes something in messages: that, and what its route changes. */
  readonly mutations?: MessageMutations | undefined;
}

export interface MirrorSpec extends TargetSpec {
  readonly percentage: number;
}

interface WrittenSpec extends WrittenLocalRateLimits, WrittenCommonPolicy {
  readonly hosts: readonly string[];
  readonly protocol?: string;
  readonly protocols?: readonly string[];
  readonly exportTo?: readonly string[];
  readonly gateways?: readonly string[];
  readonly circuitBreaker?: WrittenCircuitBreaker;
  readonly globalRateLimit?: WrittenGlobalRateLimit;
  readonly routes: readonly WrittenRoute[];
}

interface WrittenRoute extends WrittenPolicy {
  readonly name?: string;
  readonly match?: WrittenMatch;
  readonly route: readonly WrittenDestination[];
  readonly retries?: WrittenRetries;
  readonly mirrors?: readonly WrittenMirror[];
  readonly globalRateLimit?: WrittenGlobalRateLimit;
}

type WrittenMirror = Pick<WrittenDestination, "destination"> & { readonly percentage?: number };

export interface WrittenDestination {
  readonly destination: {
    readonly host: string;
    readonly subset?: string;
    readonly port?: { readonly number: number };
  };
  readonly weight?: number;
  readonly headers?: WrittenHeaders;
}

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseVirtualService(spec: unknown, report: Report, document: unknown): VirtualServiceSpec {
  const { hosts, protocol, protocols, routes, exportTo, gateways, circuitBreaker, globalRateLimit, ...rest } =
    spec as WrittenSpec;
  const breaker = circuitBreaker && parseCircuitBreaker(circuitBreaker, "service", ["spec", "circuitBreaker"], report);
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
  const common = parseLocalRateLimits(rest, ["spec"], report);
  const ofAll = parseCommonPolicy(rest, report);
  const commonGlobal = globalRateLimit && parseGlobalRateLimit(globalRateLimit, ["spec", "globalRateLimit"], report);
  const names = routes.map(({ name }, index) => name ?? `route-${index}`);
  return {
    hosts,
    protocol,
    protocols,
    exportTo,
    gateways,
    parents: parseParentRefs(spec, namespaceOf(document)),
    routes: routes.map(({ name: _, match, route, retries, mirrors, globalRateLimit: global, ...policy }, index) => {
      const path = ["spec", "routes", index];
      const name = names[index] ?? "";
      // Names need not differ.
      const unique = names.indexOf(name) === index ? name : `${name} ${index}`;
      const own = parsePolicy(policy, path, report);
      if (protocol === AUTO) requireMutable(policy.headers, route, protocols, path, report);
      return {
        name,
        match: parseMatch(match, [...path, "match"], report),
        retry: retries ? parseRetries(retries, [...path, "retries"], report) : ofAll.retry,
        globalRateLimit: global ? parseGlobalRateLimit(global, [...path, "globalRateLimit"], report) : commonGlobal,
        mirrors: mirrors?.map(({ destination, percentage = 100 }) => ({ ...target(destination), percentage })),
        destinations: parseDestinations(route, own?.mutations, [...path, "route"], report),
        policy: withServiceBreaker(withCommonLimits(withCommonTimes(own, ofAll), common, unique), breaker),
      };
    }),
  };
}

/** Routes of a port for several protocols change messages of each of them. */
function requireMutable(
  headers: WrittenHeaders | undefined,
  destinations: readonly WrittenDestination[],
  protocols: readonly string[] = CODECS,
  path: FieldPath,
  report: Report,
): void {
  const lacking = protocols.filter((name) => IMMUTABLE.includes(name));
  const changes = headers !== undefined || destinations.some((one) => one.headers !== undefined);
  if (!changes || lacking.length === 0) return;
  report(
    [...path, "headers"],
    `messages of ${lacking.join(", ")} have no place for attributes: name in protocols all others`,
  );
}

function parseDestinations(
  written: WrittenSpec["routes"][number]["route"],
  ofRoute: MessageMutations | undefined,
  path: FieldPath,
  report: Report,
): readonly DestinationSpec[] {
  const several = written.length > 1;
  const destinations = written.map(({ destination, weight, headers }, index) => {
    if (several && weight === undefined)
      report([...path, index], "weight is needed where there are several destinations");
    const at = [...path, index, "headers"];
    const mutations = headers && together(ofRoute, parseHeaders(headers, at, report), at, report);
    return {
      ...target(destination),
      weight: weight ?? (several ? 0 : 100),
      ...(mutations && { mutations }),
    };
  });
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  const complete = !several || written.every(({ weight }) => weight !== undefined);
  if (complete && sum !== 100) report(path, `the weights add up to ${sum}, and must add up to 100`);
  return destinations;
}

function target({ host, subset, port }: WrittenDestination["destination"]): TargetSpec {
  return { host, subset, port: port?.number };
}
