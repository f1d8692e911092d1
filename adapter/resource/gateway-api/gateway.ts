import type { FieldPath } from "../../status/field-path.js";
import type { Report } from "../report.js";
import { CERTIFICATE_OPTION, gatewaySpecSchema, KEY_OPTION } from "../schema/gateway-api/gateway.js";
import { type Checked, checking } from "./checked.js";
import { GATEWAY_API_GROUP, type ObjectRef, objectRef, type WrittenRef } from "./references.js";

/** What writes the status of classes, and of what belongs to them. */
export const CONTROLLER = "meltemi.io/gateway-controller";

export interface GatewayClassSpec {
  readonly controller: string;
  readonly hasParameters: boolean;
}

export function parseGatewayClass(spec: unknown): GatewayClassSpec {
  const { controllerName, parametersRef } = spec as {
    readonly controllerName: string;
    readonly parametersRef?: unknown;
  };
  return { controller: controllerName, hasParameters: parametersRef !== undefined };
}

/** A Gateway of the Gateway API. */
export interface ApiGatewaySpec extends Checked<CheckedGateway> {
  readonly className: string | undefined;
}

export interface CheckedGateway {
  /** Never empty. */
  readonly listeners: readonly ListenerSpec[];
  /** Hosts of Services before the gateway's Envoys. */
  readonly addresses: readonly string[];
}

export interface ListenerSpec {
  readonly path: FieldPath;
  readonly name: string;
  /** Absent: every host. */
  readonly hostname: string | undefined;
  readonly port: number;
  readonly protocol: string;
  readonly tls: ListenerTls | undefined;
  readonly namespaces: NamespacesSpec;
  /** Absent: all that the protocol has. */
  readonly kinds: readonly RouteKind[] | undefined;
}

export interface ListenerTls {
  readonly mode: "Terminate" | "Passthrough";
  readonly certificates: readonly ObjectRef[];
  /** On the gateway's machine. */
  readonly files: { readonly certificate: string; readonly privateKey: string } | undefined;
}

/** Whose routes a listener takes. */
export type NamespacesSpec =
  | { readonly from: "All" }
  | { readonly from: "Same" }
  | { readonly from: "Selector"; readonly requirements: readonly Requirement[] };

/** Kubernetes' requirement of a label. */
export interface Requirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

export interface RouteKind {
  readonly group: string;
  readonly kind: string;
}

interface WrittenGateway {
  readonly addresses?: readonly { readonly value: string }[];
  readonly listeners: readonly {
    readonly name: string;
    readonly hostname?: string;
    readonly port: number;
    readonly protocol: string;
    readonly tls?: WrittenTls;
    readonly allowedRoutes?: {
      readonly namespaces?: { readonly from?: "All" | "Same" | "Selector"; readonly selector?: WrittenSelector };
      readonly kinds?: readonly { readonly group?: string; readonly kind: string }[];
    };
  }[];
}

interface WrittenTls {
  readonly mode?: "Terminate" | "Passthrough";
  readonly certificateRefs?: readonly WrittenRef[];
  readonly options?: Readonly<Record<string, string>>;
}

interface WrittenSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly (Omit<Requirement, "values"> & { readonly values?: readonly string[] })[];
}

const check = checking<WrittenGateway, CheckedGateway>(gatewaySpecSchema, ({ listeners, addresses = [] }, report) => {
  const names = listeners.map(({ name }) => name);
  return {
    addresses: addresses.map(({ value }) => value),
    listeners: listeners.map(({ name, hostname, port, protocol, tls, allowedRoutes }, index) => {
      const path = ["spec", "listeners", index];
      if (names.indexOf(name) !== index) report([...path, "name"], `${name} stands here twice`);
      const { from = "Same", selector = {} } = allowedRoutes?.namespaces ?? {};
      return {
        path,
        name,
        hostname: hostname || undefined,
        port,
        protocol,
        tls: tls && parseTls(tls, [...path, "tls"], report),
        namespaces: from === "Selector" ? { from, requirements: requirementsOf(selector) } : { from },
        kinds: allowedRoutes?.kinds?.map(({ group = GATEWAY_API_GROUP, kind }) => ({ group, kind })),
      };
    }),
  };
});

export function parseApiGateway(spec: unknown): ApiGatewaySpec {
  const { gatewayClassName } = (spec ?? {}) as { readonly gatewayClassName?: unknown };
  return { ...check(spec), className: typeof gatewayClassName === "string" ? gatewayClassName : undefined };
}

function parseTls(
  { mode = "Terminate", certificateRefs = [], options = {} }: WrittenTls,
  path: FieldPath,
  report: Report,
): ListenerTls {
  const { [CERTIFICATE_OPTION]: certificate, [KEY_OPTION]: privateKey } = options;
  if ((certificate === undefined) !== (privateKey === undefined)) {
    report([...path, "options"], `${CERTIFICATE_OPTION} and ${KEY_OPTION} go together`);
  }
  return {
    mode,
    certificates: certificateRefs.map((one, item) => objectRef(one, "Secret", [...path, "certificateRefs", item])),
    files: certificate && privateKey ? { certificate, privateKey } : undefined,
  };
}

function requirementsOf({ matchLabels = {}, matchExpressions = [] }: WrittenSelector): readonly Requirement[] {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In" as const, values: [value] })),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  ];
}

/** Who may refer to what in the grant's namespace. */
export interface ReferenceGrantSpec {
  readonly from: readonly (RouteKind & { readonly namespace: string })[];
  readonly to: readonly (RouteKind & { readonly name: string | undefined })[];
}

export function parseReferenceGrant(spec: unknown): ReferenceGrantSpec {
  const { from, to } = spec as {
    readonly from: ReferenceGrantSpec["from"];
    readonly to: readonly (RouteKind & { readonly name?: string })[];
  };
  // The core group has two names.
  const group = (name: string) => (name === "core" ? "" : name);
  return {
    from: from.map((one) => ({ ...one, group: group(one.group) })),
    to: to.map((one) => ({ group: group(one.group), kind: one.kind, name: one.name || undefined })),
  };
}
