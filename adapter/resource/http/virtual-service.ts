import type { RedirectAction, RespondAction, Rewrite } from "../../model/http.js";
import type { FieldPath } from "../../status/field-path.js";
import { badRegex } from "../re2.js";
import type { Report } from "../report.js";
import type { TargetSpec } from "../virtual-service.js";
import {
  parseConnectionMatches,
  parseHttpMatches,
  type WrittenConnectionMatch,
  type WrittenHttpMatch,
} from "./match.js";
import {
  parseHttpHeaders,
  parseHttpPolicy,
  type WrittenHttpHeaders,
  type WrittenHttpPolicy,
  type WrittenPercent,
} from "./policy.js";
import {
  type ConnectionRouteSpec,
  type HttpActionSpec,
  type HttpDestinationSpec,
  type HttpMirrorSpec,
  type HttpRouteSpec,
  type HttpVirtualServiceSpec,
  MESH_GATEWAY,
} from "./spec.js";

interface WrittenTarget {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number: number };
}

interface WrittenRoute extends WrittenHttpPolicy {
  readonly name?: string;
  readonly match?: readonly WrittenHttpMatch[];
  readonly route?: readonly WrittenDestination[];
  readonly redirect?: WrittenRedirect;
  readonly directResponse?: { readonly status: number; readonly body?: { readonly string?: string } };
  readonly rewrite?: WrittenRewrite;
  readonly mirror?: WrittenTarget;
  readonly mirrorPercentage?: WrittenPercent;
  readonly mirrors?: readonly { readonly destination: WrittenTarget; readonly percentage?: WrittenPercent }[];
  readonly headers?: WrittenHttpHeaders;
}

interface WrittenDestination {
  readonly destination: WrittenTarget;
  readonly weight?: number;
  readonly headers?: WrittenHttpHeaders;
}

interface WrittenRewrite {
  readonly uri?: string;
  readonly authority?: string;
  readonly uriRegexRewrite?: { readonly match: string; readonly rewrite: string };
}

interface WrittenRedirect {
  readonly uri?: string;
  readonly prefixRewrite?: string;
  readonly authority?: string;
  readonly port?: number;
  readonly derivePort?: "FROM_PROTOCOL_DEFAULT" | "FROM_REQUEST_PORT";
  readonly scheme?: string;
  readonly redirectCode?: number;
}

interface WrittenConnectionRoute {
  readonly match?: readonly WrittenConnectionMatch[];
  readonly route: readonly WrittenDestination[];
}

interface WrittenSpec {
  readonly hosts: readonly string[];
  readonly gateways?: readonly string[];
  readonly exportTo?: readonly string[];
  readonly http?: readonly WrittenRoute[];
  readonly tls?: readonly WrittenConnectionRoute[];
  readonly tcp?: readonly WrittenConnectionRoute[];
}

/** Reads the spec of Istio's VirtualService that its schema allows, and reports what the schema cannot see. */
export function parseHttpVirtualService(spec: unknown, report: Report): HttpVirtualServiceSpec {
  const { hosts, gateways = [], exportTo, http = [], tls = [], tcp = [] } = spec as WrittenSpec;
  hosts.forEach((host, index) => {
    const path = ["spec", "hosts", index];
    if (hosts.indexOf(host) !== index) report(path, `${host} stands here twice`);
    else if (!isHost(host)) report(path, `${host}: must be a host, \`*.\` before one, or \`*\`, without a port`);
  });
  return {
    hosts: hosts.map((host) => host.toLowerCase()),
    gateways: gateways.length > 0 ? gateways : [MESH_GATEWAY],
    http: http.map((route, index) => parseRoute(route, ["spec", "http", index], index, report)),
    tls: tls.map((route, index) => parseConnectionRoute(route, ["spec", "tls", index], report)),
    tcp: tcp.map((route, index) => parseConnectionRoute(route, ["spec", "tcp", index], report)),
    exportTo,
  };
}

function isHost(host: string): boolean {
  return /^(\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/.test(host);
}

function parseRoute(written: WrittenRoute, path: FieldPath, index: number, report: Report): HttpRouteSpec {
  const { headers, authority } = parseHttpHeaders(written.headers ?? {}, [...path, "headers"], report);
  const action = parseAction(written, authority, path, report);
  const policy = parseHttpPolicy(written, path, report);
  return {
    name: written.name || `http-${index}`,
    path,
    match: parseHttpMatches(written.match, [...path, "match"], report),
    action,
    policy: { ...policy, ...(headers && { headers }) },
    mirrors: action.kind === "forward" ? parseMirrors(written, path, report) : [],
  };
}

/** What only requests have that go to a service. */
const FORWARDED = ["rewrite", "fault", "mirror", "mirrors", "retries", "timeout"] as const;

function parseAction(
  written: WrittenRoute,
  authority: string | undefined,
  path: FieldPath,
  report: Report,
): HttpActionSpec {
  const { route, redirect, directResponse } = written;
  const said = Object.entries({ route, redirect, directResponse }).flatMap(([name, one]) => (one ? [name] : []));
  if (said.length !== 1) {
    const found = said.length === 0 ? "says nothing of where requests go" : `says ${said.join(" and ")}`;
    report(path, `${found}: write one of route, redirect and directResponse`);
  }
  if (route === undefined) {
    for (const field of FORWARDED) {
      if (written[field] !== undefined) report([...path, field], "is for requests that go to a service, by route");
    }
  }
  if (redirect !== undefined) return parseRedirect(redirect, [...path, "redirect"], report);
  if (directResponse !== undefined) return parseResponse(directResponse, [...path, "directResponse"], report);
  const rewrite = parseRewrite(written.rewrite ?? {}, authority, [...path, "rewrite"], report);
  return {
    kind: "forward",
    destinations: parseDestinations(route ?? [], [...path, "route"], report),
    ...(Object.keys(rewrite).length > 0 && { rewrite }),
  };
}

function parseRewrite(
  { uri, authority, uriRegexRewrite }: WrittenRewrite,
  byHeaders: string | undefined,
  path: FieldPath,
  report: Report,
): Rewrite {
  if (uri !== undefined && uriRegexRewrite !== undefined) report(path, "either uri or uriRegexRewrite, not both");
  if (authority !== undefined && byHeaders !== undefined) {
    report([...path, "authority"], "headers.request says another one");
  }
  const name = authority ?? byHeaders;
  const pattern = uriRegexRewrite?.match ?? "";
  const reason = uriRegexRewrite && badRegex(pattern);
  if (reason !== undefined) report([...path, "uriRegexRewrite", "match"], `${pattern}: ${reason}`);
  const bad = uriRegexRewrite && badSubstitution(uriRegexRewrite.rewrite, pattern);
  if (bad !== undefined) report([...path, "uriRegexRewrite", "rewrite"], bad);
  return {
    ...(uri !== undefined && { path: { kind: "prefix", value: uri } }),
    ...(uriRegexRewrite && { path: { kind: "regex", pattern, substitution: uriRegexRewrite.rewrite } }),
    ...(name !== undefined && { authority: name }),
  };
}

/** Why Envoy would not take what comes in place of a match. */
function badSubstitution(substitution: string, pattern: string): string | undefined {
  const groups = pattern.replace(/\\.|\[[^\]]*\]/gs, "").match(/\((?!\?(?!P?<))/g)?.length ?? 0;
  for (const [whole, group = ""] of substitution.matchAll(/\\(.?)/gs)) {
    if (group === "\\") continue;
    if (!/[0-9]/.test(group)) return `${whole}: a \\ stands before the number of a group, or before another \\`;
    if (Number(group) > groups) return `${whole}: match has ${groups} groups`;
  }
  return undefined;
}

const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;

function parseRedirect(written: WrittenRedirect, path: FieldPath, report: Report): HttpActionSpec {
  const { uri, prefixRewrite, authority, port, derivePort, scheme, redirectCode = 301 } = written;
  if (uri !== undefined && prefixRewrite !== undefined) report(path, "either uri or prefixRewrite, not both");
  if (port !== undefined && derivePort !== undefined) report(path, "either port or derivePort, not both");
  const status = REDIRECT_STATUSES.find((one) => one === redirectCode);
  if (status === undefined) {
    report([...path, "redirectCode"], `${redirectCode}: must be one of ${REDIRECT_STATUSES.join(", ")}`);
  }
  const rewritten: RedirectAction["path"] =
    uri !== undefined
      ? { kind: "full", value: uri }
      : prefixRewrite !== undefined
        ? { kind: "prefix", value: prefixRewrite }
        : undefined;
  const to = derivePort === "FROM_REQUEST_PORT" ? ("request" as const) : port;
  return {
    kind: "redirect",
    ...(scheme !== undefined && { scheme }),
    ...(authority !== undefined && { host: authority }),
    ...(to !== undefined && { port: to }),
    ...(rewritten && { path: rewritten }),
    status: status ?? 301,
  };
}

/** What Envoy takes of a body that stands in a route. */
const MAX_BODY_BYTES = 4096;

function parseResponse(
  { status, body }: { readonly status: number; readonly body?: { readonly string?: string } },
  path: FieldPath,
  report: Report,
): RespondAction {
  const bytes = Buffer.byteLength(body?.string ?? "");
  if (bytes > MAX_BODY_BYTES) report([...path, "body", "string"], `has ${bytes} bytes, and may have ${MAX_BODY_BYTES}`);
  return { kind: "respond", status, ...(body?.string !== undefined && { body: body.string }) };
}

function parseDestinations(
  written: readonly WrittenDestination[],
  path: FieldPath,
  report: Report,
): readonly HttpDestinationSpec[] {
  requireWeights(written, path, report);
  return written.map(({ destination, weight, headers }, index) => {
    const at = [...path, index];
    const parsed = parseHttpHeaders(headers ?? {}, [...at, "headers"], report);
    if (parsed.authority !== undefined) {
      report([...at, "headers", "request"], "the host is changed for all destinations: write rewrite.authority");
    }
    return {
      ...target(destination, [...at, "destination"]),
      weight: weight ?? (written.length > 1 ? 0 : 1),
      ...(parsed.headers && { headers: parsed.headers }),
    };
  });
}

function requireWeights(written: readonly WrittenDestination[], path: FieldPath, report: Report): void {
  if (written.length > 1 && written.every(({ weight = 0 }) => weight === 0)) {
    report(path, "weight is needed where there are several destinations");
  }
}

function parseMirrors(
  { mirror, mirrorPercentage, mirrors }: WrittenRoute,
  path: FieldPath,
  report: Report,
): readonly HttpMirrorSpec[] {
  if (mirror !== undefined && mirrors !== undefined) report([...path, "mirrors"], "either mirror or mirrors, not both");
  if (mirror === undefined && mirrorPercentage !== undefined) {
    report([...path, "mirrorPercentage"], "is of mirror, of which there is none");
  }
  const first = mirror && { ...target(mirror, [...path, "mirror"]), percentage: mirrorPercentage?.value ?? 100 };
  const others = (mirrors ?? []).map(({ destination, percentage }, index) => ({
    ...target(destination, [...path, "mirrors", index, "destination"]),
    percentage: percentage === undefined ? 100 : (percentage.value ?? 0),
  }));
  return [...(first ? [first] : []), ...others].filter(({ percentage }) => percentage > 0);
}

function parseConnectionRoute(written: WrittenConnectionRoute, path: FieldPath, report: Report): ConnectionRouteSpec {
  const { match, route } = written;
  requireWeights(route, [...path, "route"], report);
  return {
    path,
    match: parseConnectionMatches(match, [...path, "match"]),
    destinations: route.map(({ destination, weight }, index) => ({
      ...target(destination, [...path, "route", index, "destination"]),
      weight: weight ?? (route.length > 1 ? 0 : 1),
    })),
  };
}

function target({ host, subset, port }: WrittenTarget, path: FieldPath): TargetSpec & { readonly path: FieldPath } {
  return { host, subset, port: port?.number, path };
}
