import { parseDestinationPolicy } from "./destination-policy.js";
import { parseDestinationRule } from "./destination-rule.js";
import { parseListenerPolicy } from "./listener-policy.js";
import type { Report } from "./report.js";
import type { Resource } from "./resource.js";
import { destinationPolicySchema } from "./schema/destination-policy.js";
import { destinationRuleSchema } from "./schema/destination-rule.js";
import type { JsonSchema } from "./schema/json-schema.js";
import { listenerPolicySchema } from "./schema/listener-policy.js";
import { serviceEntrySchema, workloadEntrySchema } from "./schema/service-entry.js";
import { virtualServiceSchema } from "./schema/virtual-service.js";
import { parseServiceEntry } from "./service-entry.js";
import { parseVirtualService } from "./virtual-service.js";
import { parseWorkloadEntry } from "./workload-entry.js";

/** A kind of resource that Meltemi reads. */
export interface Kind {
  readonly group: string;
  readonly versions: readonly string[];
  readonly kind: Resource["kind"];
  readonly schema: JsonSchema;
  /** From a spec that the schema allows. */
  readonly parse: (spec: unknown, report: Report) => unknown;
}

export const MELTEMI_GROUP = "networking.meltemi.io";

const meltemi = { group: MELTEMI_GROUP, versions: ["v1alpha1"] };
const istio = { group: "networking.istio.io", versions: ["v1", "v1beta1", "v1alpha3"] };

export const KINDS: readonly Kind[] = [
  { ...meltemi, kind: "VirtualService", schema: virtualServiceSchema, parse: parseVirtualService },
  { ...meltemi, kind: "ListenerPolicy", schema: listenerPolicySchema, parse: parseListenerPolicy },
  { ...meltemi, kind: "DestinationPolicy", schema: destinationPolicySchema, parse: parseDestinationPolicy },
  { ...istio, kind: "ServiceEntry", schema: serviceEntrySchema, parse: parseServiceEntry },
  { ...istio, kind: "WorkloadEntry", schema: workloadEntrySchema, parse: parseWorkloadEntry },
  { ...istio, kind: "DestinationRule", schema: destinationRuleSchema, parse: parseDestinationRule },
];
