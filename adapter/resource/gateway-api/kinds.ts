import type { Kind } from "../kinds.js";
import { parsePod } from "../pod.js";
import { anySpec } from "../schema/gateway-api/common.js";
import { gatewayClassSchema, referenceGrantSchema } from "../schema/gateway-api/gateway.js";
import { podSchema } from "../schema/kubernetes.js";
import { parseApiGateway, parseGatewayClass, parseReferenceGrant } from "./gateway.js";
import { parseGrpcRoute } from "./grpc-route.js";
import { parseHttpRoute } from "./http-route.js";
import { GATEWAY_API_GROUP as group } from "./references.js";
import { parseTcpRoute, parseTlsRoute } from "./routes.js";

/** Of the Gateway API, and what it asks of Kubernetes besides. */
export const GATEWAY_API_KINDS: readonly Kind[] = [
  {
    group,
    versions: ["v1", "v1beta1"],
    kind: "GatewayClass",
    plural: "gatewayclasses",
    isClusterWide: true,
    schema: gatewayClassSchema,
    parse: parseGatewayClass,
  },
  {
    group,
    versions: ["v1", "v1beta1"],
    kind: "Gateway",
    as: "Gateway.gateway.networking.k8s.io",
    plural: "gateways",
    schema: anySpec,
    parse: parseApiGateway,
  },
  {
    group,
    versions: ["v1", "v1beta1"],
    kind: "HTTPRoute",
    plural: "httproutes",
    schema: anySpec,
    parse: parseHttpRoute,
  },
  { group, versions: ["v1"], kind: "GRPCRoute", plural: "grpcroutes", schema: anySpec, parse: parseGrpcRoute },
  {
    group,
    versions: ["v1", "v1alpha2"],
    kind: "TCPRoute",
    plural: "tcproutes",
    schema: anySpec,
    parse: parseTcpRoute,
  },
  {
    group,
    versions: ["v1", "v1alpha3", "v1alpha2"],
    kind: "TLSRoute",
    plural: "tlsroutes",
    schema: anySpec,
    parse: parseTlsRoute,
  },
  {
    group,
    versions: ["v1", "v1beta1"],
    kind: "ReferenceGrant",
    plural: "referencegrants",
    schema: referenceGrantSchema,
    parse: parseReferenceGrant,
  },
  {
    group: "",
    versions: ["v1"],
    kind: "Namespace",
    plural: "namespaces",
    isClusterWide: true,
    metadataOnly: true,
    schema: podSchema,
    parse: (_spec, _report, document) => parsePod(document),
  },
];
