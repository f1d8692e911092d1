import type { RawResource } from "../source/source.js";
import { type FieldPath, formatFieldPath } from "../status/field-path.js";
import type { Problem, ResourceName } from "../status/problem.js";
import type { DestinationPolicySpec } from "./destination-policy.js";
import type { DestinationRuleSpec } from "./destination-rule.js";
import type { ListenerPolicySpec } from "./listener-policy.js";
import type { ServiceEntrySpec } from "./service-entry.js";
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

export interface ListenerPolicy extends Identified {
  readonly kind: "ListenerPolicy";
  readonly spec: ListenerPolicySpec;
}

export interface DestinationPolicy extends Identified {
  readonly kind: "DestinationPolicy";
  readonly spec: DestinationPolicySpec;
}

/** A resource that is good in itself. Whether what it refers to exists is for `translate` to say. */
export type Resource =
  | VirtualService
  | ListenerPolicy
  | DestinationPolicy
  | ServiceEntry
  | WorkloadEntry
  | DestinationRule;

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

/** `ServiceEntry prod/reviews (services.yaml:12)`, to point at one resource in the problem of another. */
export function mention(resource: Identified): string {
  const { file, line } = resource.raw.place;
  return `${resource.kind} ${resource.namespace}/${resource.name} (${file}:${line})`;
}
