import { parseAerakiProtocol, parseApplicationProtocol } from "./application-protocol.js";
import { parseAuthorizationPolicy } from "./authorization-policy.js";
import { parseDestinationPolicy } from "./destination-policy.js";
import { parseDestinationRule } from "./destination-rule.js";
import { parseEndpointSlice } from "./endpoint-slice.js";
import { parseGateway } from "./gateway.js";
import { GATEWAY_API_KINDS } from "./gateway-api/kinds.js";
import { parseHttpVirtualService } from "./http/virtual-service.js";
import { parseKubernetesService } from "./kubernetes-service.js";
import { parseListenerPolicy } from "./listener-policy.js";
import { parseMeshPolicy } from "./mesh-policy.js";
import { parseMetaRouter } from "./meta-router.js";
import { parsePod } from "./pod.js";
import type { Report } from "./report.js";
import type { Resource } from "./resource.js";
import { applicationProtocolSchema } from "./schema/application-protocol.js";
import { authorizationPolicySchema } from "./schema/authorization-policy.js";
import { destinationPolicySchema } from "./schema/destination-policy.js";
import { destinationRuleSchema } from "./schema/destination-rule.js";
import { gatewaySchema } from "./schema/gateway.js";
import { httpVirtualServiceSchema } from "./schema/http/virtual-service.js";
import type { JsonSchema } from "./schema/json-schema.js";
import { endpointSliceSchema, podSchema, serviceSchema } from "./schema/kubernetes.js";
import { listenerPolicySchema } from "./schema/listener-policy.js";
import { meshPolicySchema } from "./schema/mesh-policy.js";
import { aerakiProtocolSchema, metaRouterSchema } from "./schema/meta-router.js";
import { serviceEntrySchema, workloadEntrySchema } from "./schema/service-entry.js";
import { sidecarSchema } from "./schema/sidecar.js";
import { virtualServiceSchema } from "./schema/virtual-service.js";
import { parseServiceEntry } from "./service-entry.js";
import { parseSidecar } from "./sidecar.js";
import { parseVirtualService } from "./virtual-service.js";
import { parseWorkloadEntry } from "./workload-entry.js";

/** A kind of resource that Meltemi reads. */
export interface Kind {
  readonly group: string;
  readonly versions: readonly string[];
  readonly kind: string;
  /** What its resources are called where another group has a kind of that name; absent: as their documents call themselves. */
  readonly as?: Resource["kind"];
  /** As paths of the Kubernetes API name it. */
  readonly plural: string;
  /** Its resources may be of no namespace. */
  readonly isClusterWide?: boolean;
  /** All that is read of it is in its metadata. */
  readonly metadataOnly?: boolean;
  readonly schema: JsonSchema;
  /** From a spec that the schema allows; some of Kubernetes' own objects have theirs beside it. */
  readonly parse: (spec: unknown, report: Report, document: unknown) => unknown;
}

export const MELTEMI_GROUP = "networking.meltemi.io";
export const ISTIO_GROUP = "networking.istio.io";

const meltemi = { group: MELTEMI_GROUP, versions: ["v1alpha1"] };
const core = { group: "", versions: ["v1"] };
const discovery = { group: "discovery.k8s.io", versions: ["v1"] };
const aeraki = { group: "metaprotocol.aeraki.io", versions: ["v1alpha1"] };
const istio = { group: ISTIO_GROUP, versions: ["v1", "v1beta1", "v1alpha3"] };

/** Group and version as `apiVersion` says them; Kubernetes' core group has no name. */
export function groupAndVersion(apiVersion: string): readonly [group: string, version: string] {
  const slash = apiVersion.lastIndexOf("/");
  return slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

export const KINDS: readonly Kind[] = [
  {
    ...meltemi,
    kind: "VirtualService",
    plural: "virtualservices",
    schema: virtualServiceSchema,
    parse: parseVirtualService,
  },
  {
    ...meltemi,
    kind: "ListenerPolicy",
    plural: "listenerpolicies",
    schema: listenerPolicySchema,
    parse: parseListenerPolicy,
  },
  {
    ...meltemi,
    kind: "DestinationPolicy",
    plural: "destinationpolicies",
    schema: destinationPolicySchema,
    parse: parseDestinationPolicy,
  },
  {
    ...meltemi,
    kind: "AuthorizationPolicy",
    plural: "authorizationpolicies",
    schema: authorizationPolicySchema,
    parse: parseAuthorizationPolicy,
  },
  {
    ...meltemi,
    kind: "MeshPolicy",
    plural: "meshpolicies",
    schema: meshPolicySchema,
    parse: parseMeshPolicy,
  },
  {
    ...meltemi,
    kind: "ApplicationProtocol",
    plural: "applicationprotocols",
    schema: applicationProtocolSchema,
    parse: parseApplicationProtocol,
  },
  { ...aeraki, kind: "MetaRouter", plural: "metarouters", schema: metaRouterSchema, parse: parseMetaRouter },
  {
    ...aeraki,
    kind: "ApplicationProtocol",
    plural: "applicationprotocols",
    isClusterWide: true,
    schema: aerakiProtocolSchema,
    parse: parseAerakiProtocol,
  },
  { ...istio, kind: "ServiceEntry", plural: "serviceentries", schema: serviceEntrySchema, parse: parseServiceEntry },
  {
    ...istio,
    kind: "WorkloadEntry",
    plural: "workloadentries",
    schema: workloadEntrySchema,
    parse: parseWorkloadEntry,
  },
  {
    ...istio,
    kind: "DestinationRule",
    plural: "destinationrules",
    schema: destinationRuleSchema,
    parse: parseDestinationRule,
  },
  {
    ...istio,
    kind: "VirtualService",
    as: "VirtualService.networking.istio.io",
    plural: "virtualservices",
    schema: httpVirtualServiceSchema,
    parse: parseHttpVirtualService,
  },
  { ...istio, kind: "Gateway", plural: "gateways", schema: gatewaySchema, parse: parseGateway },
  { ...istio, kind: "Sidecar", plural: "sidecars", schema: sidecarSchema, parse: parseSidecar },
  { ...core, kind: "Service", plural: "services", schema: serviceSchema, parse: parseKubernetesService },
  {
    ...discovery,
    kind: "EndpointSlice",
    plural: "endpointslices",
    schema: endpointSliceSchema,
    parse: (_spec, _report, document) => parseEndpointSlice(document),
  },
  {
    ...core,
    kind: "Pod",
    plural: "pods",
    metadataOnly: true,
    schema: podSchema,
    parse: (_spec, _report, document) => parsePod(document),
  },
  ...GATEWAY_API_KINDS,
];
