import { destination } from "../destination.js";
import { closedMap, duration, exportTo, type JsonSchema, listOf, portNumber, refused, text } from "../json-schema.js";
import { resourceSchema } from "../metadata.js";
import { gatewayNames, httpMatch, tcpMatch, tlsMatch } from "./match.js";
import { cors, httpFault, httpHeaders, httpRetries, mirror, mirrorPercentage, mirrors } from "./policy.js";

const MAX_ROUTES = 4096;
const MAX_HOSTS = 4096;
const MAX_MATCHES = 256;
const MAX_DESTINATIONS = 100;
/** What Envoy takes of a body that stands in a route. */
const MAX_BODY_LENGTH = 4096;

const weight: JsonSchema = {
  type: "integer",
  minimum: 0,
  maximum: 10_000_000,
  description: "Share of the sum of all; 0, or absent beside others: none.",
};

const httpDestinations: JsonSchema = {
  ...listOf(closedMap({ destination, weight, headers: httpHeaders }, ["destination"]), 1),
  maxItems: MAX_DESTINATIONS,
  description: "Where requests go.",
};

const rewrite = closedMap({
  uri: { ...text, description: "In place of the path, or of that prefix of it by which it was matched." },
  authority: { ...text, maxLength: 255, description: "What the request calls its host." },
  uriRegexRewrite: {
    ...closedMap({ match: { ...text, maxLength: 4096 }, rewrite: { type: "string", maxLength: 4096 } }, [
      "match",
      "rewrite",
    ]),
    description: "What of the path matches the RE2 expression becomes this; `\\1` is its first group.",
  },
});

const redirect = closedMap({
  uri: { ...text, description: "The whole path." },
  prefixRewrite: { ...text, description: "In place of that prefix of the path by which it was matched." },
  authority: { ...text, maxLength: 255 },
  port: portNumber,
  derivePort: { type: "string", enum: ["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"] },
  scheme: { type: "string", enum: ["http", "https"] },
  redirectCode: {
    type: "integer",
    minimum: 301,
    maximum: 308,
    description: "301, 302, 303, 307 or 308. Default: 301.",
  },
});

const directResponse = closedMap(
  {
    status: { type: "integer", minimum: 200, maximum: 599 },
    body: closedMap({
      string: { type: "string", maxLength: MAX_BODY_LENGTH },
      bytes: refused("write string"),
    }),
  },
  ["status"],
);

const httpRoute = closedMap({
  name: { type: "string", maxLength: 256, description: "For logs." },
  match: {
    ...listOf(httpMatch),
    maxItems: MAX_MATCHES,
    description: "One of these must hold. Default: every request.",
  },
  route: httpDestinations,
  redirect: { ...redirect, description: "The client is sent elsewhere." },
  directResponse: { ...directResponse, description: "The Envoy answers by itself." },
  rewrite: { ...rewrite, description: "What is changed of a request before it is sent." },
  timeout: { ...duration, description: "Of a request with all its tries. Default: any time." },
  retries: httpRetries,
  fault: httpFault,
  mirror,
  mirrorPercentage,
  mirrors,
  headers: httpHeaders,
  corsPolicy: cors,
  delegate: refused("not supported: write the delegate's routes here"),
  mirrorPercent: refused("deprecated: write mirrorPercentage.value"),
  mirror_percent: refused("deprecated: write mirrorPercentage.value"),
});

const connections: JsonSchema = {
  ...listOf(closedMap({ destination, weight }, ["destination"]), 1),
  maxItems: MAX_DESTINATIONS,
  description: "Where connections go.",
};

/** Istio's, as far as Meltemi's control plane serves it. */
export const httpVirtualServiceSchema = resourceSchema(
  closedMap(
    {
      hosts: {
        ...listOf({ ...text, maxLength: 255 }, 1),
        maxItems: MAX_HOSTS,
        description: "What clients call: hosts, short names of its own namespace, `*.example.com`, or `*`.",
      },
      gateways: { ...gatewayNames, description: `${gatewayNames.description} Default: \`mesh\`.` },
      http: { ...listOf(httpRoute), maxItems: MAX_ROUTES, description: "For HTTP. The first that matches is taken." },
      tls: {
        ...listOf(
          closedMap({ match: { ...listOf(tlsMatch, 1), maxItems: MAX_MATCHES }, route: connections }, [
            "match",
            "route",
          ]),
        ),
        maxItems: MAX_ROUTES,
        description: "For TLS that passes as it is, at gateways.",
      },
      tcp: {
        ...listOf(closedMap({ match: { ...listOf(tcpMatch), maxItems: MAX_MATCHES }, route: connections }, ["route"])),
        maxItems: MAX_ROUTES,
        description: "For TCP, at gateways.",
      },
      exportTo,
    },
    ["hosts"],
  ),
  "Istio's routes of HTTP, and of TLS and TCP at gateways.",
);
