import type { RawResource } from "../source/source.js";
import { type FieldPath, formatFieldPath } from "../status/field-path.js";
import { formatResourceName, type Problem, type ResourceName } from "../status/problem.js";
import type { ApplicationProtocolSpec } from "./application-protocol.js";
import type { AuthorizationPolicySpec } from "./authorization-policy.js";
import type { DestinationPolicySpec } from "./destination-policy.js";
import type { DestinationRuleSpec } from "./destination-rule.js";
import type { EndpointSliceSpec } from "./endpoint-slice.js";
import type { GatewaySpec } from "./gateway.js";
import type { GatewayApiResource } from "./gateway-api/resources.js";
import type { HttpVirtualServiceSpec } from "./http/spec.js";
import type { KubernetesServiceSpec } from "./kubernetes-service.js";
import type { ListenerPolicySpec } from "./listener-policy.js";
import type { MeshPolicySpec } from "./mesh-policy.js";
import type { Report } from "./report.js";
import type { ServiceEntrySpec } from "./service-entry.js";
import type { SidecarSpec } from "./sidecar.js";
import type { VirtualServiceSpec } from "./virtual-service.js";
import type { WorkloadEntrySpec } from "./workload-entry.js";

/** A resource of which nothing but its name is known. */
export interface Identified extends ResourceName {
  readonly raw: RawResource;
}

export interface VirtualService extends Identified {
  readonly kind: "VirtualService";
  readonly spec: VirtualServiceSpec;
}

/** Istio's, whose kind has the name of ours. */
export const ISTIO_VIRTUAL_SERVICE = "VirtualService.networking.istio.io";

export interface IstioVirtualService extends Identified {
  readonly kind: typeof ISTIO_VIRTUAL_SERVICE;
  readonly spec: HttpVirtualServiceSpec;
}

/** Aeraki's, read as the VirtualService that says the same. */
export interface MetaRouter extends Identified {
  readonly kind: "MetaRouter";
  readonly spec: VirtualServiceSpec;
}

export interface ApplicationProtocol extends Identified {
  readonly kind: "ApplicationProtocol";
  readonly spec: ApplicationProtocolSpec;
}

/** What says where calls go. */
export type Router = VirtualService | MetaRouter;

export function isRouter(resource: Resource): resource is Router {
  return resource.kind === "VirtualService" || resource.kind === "MetaRouter";
}

export interface ServiceEntry extends Identified {
  readonly kind: "ServiceEntry";
  readonly spec: ServiceEntrySpec;
}

export interface WorkloadEntry extends Identified {
  readonly kind: "WorkloadEntry";
  readonly spec: WorkloadEntrySpec;
}

export interface DestinationRule extends Identified {
  readonly kind: "DestinationRule";
  readonly spec: DestinationRuleSpec;
}

export interface Sidecar extends Identified {
  readonly kind: "Sidecar";
  readonly spec: SidecarSpec;
}

export interface Gateway extends Identified {
  readonly kind: "Gateway";
  readonly spec: GatewaySpec;
}

export interface ListenerPolicy extends Identified {
  readonly kind: "ListenerPolicy";
  readonly spec: ListenerPolicySpec;
}

export interface DestinationPolicy extends Identified {
  readonly kind: "DestinationPolicy";
  readonly spec: DestinationPolicySpec;
}

export interface AuthorizationPolicy extends Identified {
  readonly kind: "AuthorizationPolicy";
  readonly spec: AuthorizationPolicySpec;
}

export interface MeshPolicy extends Identified {
  readonly kind: "MeshPolicy";
  readonly spec: MeshPolicySpec;
}

/** Kubernetes' own. */
export interface KubernetesService extends Identified {
  readonly kind: "Service";
  readonly spec: KubernetesServiceSpec;
}

export interface EndpointSlice extends Identified {
  readonly kind: "EndpointSlice";
  readonly spec: EndpointSliceSpec;
}

export interface Pod extends Identified {
  readonly kind: "Pod";
  readonly spec: { readonly labels: Readonly<Record<string, string>> };
}

/** A resource that is good in itself. Whether what it refers to exists is for `translate` to say. */
export type Resource =
  | VirtualService
  | IstioVirtualService
  | MetaRouter
  | ApplicationProtocol
  | ListenerPolicy
  | DestinationPolicy
  | AuthorizationPolicy
  | MeshPolicy
  | ServiceEntry
  | WorkloadEntry
  | DestinationRule
  | Sidecar
  | Gateway
  | KubernetesService
  | EndpointSlice
  | Pod
  | GatewayApiResource;

export function ofKind<K extends Resource["kind"]>(resources: readonly Resource[], kind: K): readonly ResourceOf<K>[] {
  return resources.filter((one): one is ResourceOf<K> => one.kind === kind);
}

type ResourceOf<K> = Extract<Resource, { readonly kind: K }>;

/** Takes down problems of a resource in `found`. */
export function reportInto(found: Problem[], resource: Identified): Report {
  return (path, reason, cause) => {
    found.push({ ...problemOf(resource, path, reason), ...(cause && { cause }) });
  };
}

export function problemOf(
  resource: Identified,
  path: FieldPath,
  reason: string,
  severity: Problem["severity"] = "error",
): Problem {
  const { kind, namespace, name, raw } = resource;
  const { file, line } = raw.locate(path);
  return { severity, resource: { kind, namespace, name }, file, line, field: formatFieldPath(path), reason };
}

/** The resource names something that does not exist. */
export function missingReference(resource: Identified, path: FieldPath, reason: string): Problem {
  return { ...problemOf(resource, path, reason), cause: "reference" };
}

/** Another resource says something else of the same, and stays in force. */
export function conflict(resource: Identified, path: FieldPath, reason: string): Problem {
  return { ...problemOf(resource, path, reason), cause: "conflict" };
}

/** `ServiceEntry prod/reviews (services.yaml:12)`, to point at one resource in the problem of another; without the file where there is none. */
export function mention(resource: Identified): string {
  const { file, line } = resource.raw.place;
  const where = file === "" ? "" : ` (${file}:${line})`;
  return `${formatResourceName(resource)}${where}`;
}
