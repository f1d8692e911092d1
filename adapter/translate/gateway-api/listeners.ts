import type { GatewayTls } from "../../model/gateway.js";
import { PROTOCOLS } from "../../model/protocols.js";
import type { CheckedGateway, ListenerSpec, RouteKind } from "../../resource/gateway-api/gateway.js";
import { GATEWAY_API_GROUP } from "../../resource/gateway-api/references.js";
import type { ApiGateway } from "../../resource/gateway-api/resources.js";
import { MELTEMI_GROUP } from "../../resource/kinds.js";
import { holds, type Outcome, outcome } from "../../status/api-status.js";
import type { DeclaredProtocols } from "../declared-protocols.js";
import type { IsGranted } from "./grants.js";

/** What a listener carries. */
export type Carried =
  | { readonly kind: "http" }
  | { readonly kind: "tcp" }
  | { readonly kind: "rpc"; readonly protocol: string };

/** A listener of a Gateway with what was found of it. */
export interface ListenerDraft {
  readonly gateway: ApiGateway;
  readonly listener: ListenerSpec;
  /** Undefined: nothing that Meltemi speaks. */
  readonly carried: Carried | undefined;
  /** Of routes that may attach. */
  readonly kinds: readonly RouteKind[];
  readonly tls: GatewayTls | undefined;
  readonly accepted: Outcome;
  readonly resolved: Outcome;
  readonly conflicted: Outcome;
}

/** Whether it is served, with or without routes. */
export function isServed({ accepted, conflicted, resolved, kinds }: ListenerDraft): boolean {
  return holds(accepted) && !holds(conflicted) && (holds(resolved) || (isAboutKinds(resolved) && kinds.length > 0));
}

/** Routes of the kinds that are known attach all the same. */
function isAboutKinds({ reason }: Outcome): boolean {
  return reason === INVALID_KINDS;
}

const INVALID_KINDS = "InvalidRouteKinds";

export function draftListeners(
  gateway: ApiGateway,
  { listeners }: CheckedGateway,
  declared: DeclaredProtocols,
  isGranted: IsGranted,
): readonly ListenerDraft[] {
  const drafts: ListenerDraft[] = [];
  for (const listener of listeners) {
    const { carried, accepted } = carriedBy(listener, declared);
    const possible = carried === undefined ? [] : kindsOf(carried, listener);
    const { tls, resolved: certificates } = tlsOf(gateway, listener, isGranted);
    const { kinds, resolved } = allowedKinds(listener, possible);
    drafts.push({
      gateway,
      listener,
      carried,
      kinds,
      tls,
      accepted,
      resolved: holds(certificates) ? resolved : certificates,
      conflicted: conflictOf(listener, carried, drafts),
    });
  }
  return drafts;
}

/** The domain of protocols that the API does not know. */
const OURS = `${MELTEMI_GROUP}/`;

function carriedBy(
  { protocol, hostname, tls }: ListenerSpec,
  declared: DeclaredProtocols,
): { readonly carried: Carried | undefined; readonly accepted: Outcome } {
  const wrong = (message: string) => outcome("Accepted", "False", "UnsupportedValue", message);
  const accepted = (carried: Carried, refusal?: string) => ({
    carried,
    accepted: refusal === undefined ? outcome("Accepted", "True", "Accepted") : wrong(refusal),
  });
  const noTls = tls && `tls: a listener of ${protocol} has none`;
  switch (protocol) {
    case "HTTP":
      return accepted({ kind: "http" }, noTls);
    case "HTTPS":
      return accepted(
        { kind: "http" },
        tls?.mode === "Terminate" ? undefined : "tls: a listener of HTTPS ends it: mode Terminate is needed here",
      );
    case "TCP":
      return accepted({ kind: "tcp" }, noTls);
    case "TLS":
      return accepted({ kind: "tcp" }, tls === undefined ? "tls is needed here" : undefined);
  }
  const name = protocol.startsWith(OURS) ? protocol.slice(OURS.length) : undefined;
  if (name !== undefined && (PROTOCOLS.includes(name) || declared.has(name))) {
    const refusal =
      tls?.mode === "Passthrough"
        ? "tls.mode: calls are read, and what passes as it is is not: write Terminate, or protocol TLS"
        : hostname !== undefined && tls === undefined
          ? "hostname: without TLS nothing says a host. Names of services are the routes' business"
          : undefined;
    return accepted({ kind: "rpc", protocol: name }, refusal);
  }
  const known = ["HTTP", "HTTPS", "TLS", "TCP", ...PROTOCOLS.map((one) => OURS + one)].join(", ");
  const message = `protocol: ${protocol} is none that Meltemi serves: ${known}`;
  return { carried: undefined, accepted: outcome("Accepted", "False", "UnsupportedProtocol", message) };
}

function kindsOf(carried: Carried, { tls }: ListenerSpec): readonly RouteKind[] {
  const ofApi = (...kinds: readonly string[]) => kinds.map((kind) => ({ group: GATEWAY_API_GROUP, kind }));
  if (carried.kind === "rpc") return [{ group: MELTEMI_GROUP, kind: "VirtualService" }];
  if (carried.kind === "http") return ofApi("HTTPRoute", "GRPCRoute");
  if (tls === undefined) return ofApi("TCPRoute");
  return tls.mode === "Passthrough" ? ofApi("TLSRoute") : ofApi("TLSRoute", "TCPRoute");
}

function allowedKinds(
  { kinds: asked }: ListenerSpec,
  possible: readonly RouteKind[],
): { readonly kinds: readonly RouteKind[]; readonly resolved: Outcome } {
  const resolved = outcome("ResolvedRefs", "True", "ResolvedRefs");
  if (asked === undefined || asked.length === 0) return { kinds: possible, resolved };
  const isPossible = (one: RouteKind) => possible.some(({ group, kind }) => group === one.group && kind === one.kind);
  const unknown = asked.filter((one) => !isPossible(one));
  if (unknown.length === 0) return { kinds: asked, resolved };
  const [name] = unknown.map(({ group, kind }) => `${kind} of ${group || "core"}`);
  const there = possible.map(({ group, kind }) => `${kind} of ${group}`).join(", ");
  const message = `allowedRoutes.kinds: ${name} does not go with the protocol${there && `: there is ${there}`}`;
  return { kinds: asked.filter(isPossible), resolved: outcome("ResolvedRefs", "False", INVALID_KINDS, message) };
}

function tlsOf(
  gateway: ApiGateway,
  { tls }: ListenerSpec,
  isGranted: IsGranted,
): { readonly tls: GatewayTls | undefined; readonly resolved: Outcome } {
  const good = outcome("ResolvedRefs", "True", "ResolvedRefs");
  if (tls === undefined) return { tls: undefined, resolved: good };
  if (tls.mode === "Passthrough") return { tls: { mode: "passthrough" }, resolved: good };
  const { certificates, files } = tls;
  const bad = (reason: string, message: string) => ({
    tls: undefined,
    resolved: outcome("ResolvedRefs", "False", reason, message),
  });
  const from = { group: GATEWAY_API_GROUP, kind: "Gateway", namespace: gateway.namespace };
  for (const { group, kind, name, namespace = gateway.namespace } of certificates) {
    if (isGranted(from, { group, kind, name, namespace })) continue;
    return bad("RefNotPermitted", `tls.certificateRefs: no ReferenceGrant of ${namespace} lets it refer to ${name}`);
  }
  if (files === undefined || certificates.length > 0) {
    return bad(
      "InvalidCertificateRef",
      "tls.certificateRefs: Secrets are not read: write options with meltemi.io/server-certificate and meltemi.io/private-key, files on the gateway's machine",
    );
  }
  return { tls: { mode: "terminate", ...files }, resolved: good };
}

/** Listeners at one port are told apart by their hosts; the first of two that are not has the port. */
function conflictOf(listener: ListenerSpec, carried: Carried | undefined, before: readonly ListenerDraft[]): Outcome {
  const there = before.filter(
    (one) => one.listener.port === listener.port && one.carried !== undefined && !holds(one.conflicted),
  );
  const none = outcome("Conflicted", "False", "NoConflicts");
  const [first] = there;
  if (first === undefined || carried === undefined) return none;
  const { name, protocol } = first.listener;
  const isTold = (one: ListenerSpec, what: Carried) => one.tls !== undefined || what.kind === "http";
  const apart =
    isTold(listener, carried) &&
    isTold(first.listener, first.carried as Carried) &&
    (listener.tls === undefined) === (first.listener.tls === undefined);
  if (!apart) {
    const message = `port: ${listener.port} speaks ${protocol} by the listener ${name}, which was first`;
    return outcome("Conflicted", "True", "ProtocolConflict", message);
  }
  const same = there.find((one) => one.listener.hostname === listener.hostname);
  if (same === undefined) return none;
  const message = `hostname: ${listener.hostname ?? "every host"} at port ${listener.port} is of the listener ${same.listener.name}, which was first`;
  return outcome("Conflicted", "True", "HostnameConflict", message);
}
