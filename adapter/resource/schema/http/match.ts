import { closedMap, type JsonSchema, listOf, portNumber, refused, text } from "../json-schema.js";

/** Longest expression and value: those of the filter's routes. */
const MAX_VALUE_LENGTH = 4096;
const MAX_CONDITIONS = 64;

const value: JsonSchema = { type: "string", maxLength: MAX_VALUE_LENGTH };

/** Istio's StringMatch. */
export function stringMatch(of: string): JsonSchema {
  return {
    ...closedMap({
      exact: { ...value, description: "It is this." },
      prefix: { ...value, description: "It begins with this." },
      regex: { ...value, description: "All of it matches this expression, in RE2's syntax." },
    }),
    description: `${of}: exactly one of exact, prefix and regex.`,
  };
}

function conditions(of: string, description: string): JsonSchema {
  return { type: "object", maxProperties: MAX_CONDITIONS, additionalProperties: stringMatch(of), description };
}

/** Names of gateways as Istio writes them. */
export const gatewayNames: JsonSchema = {
  ...listOf({ ...text, maxLength: 317 }),
  maxItems: 100,
  description: "Where it holds: `mesh` (sidecars), or gateways by name, of another namespace as `NAMESPACE/NAME`.",
};

const sources = {
  sourceLabels: refused("routes for some of the workloads only are not supported: leave them out"),
  sourceNamespace: refused("write the route in a VirtualService with exportTo of that namespace"),
};

export const httpMatch: JsonSchema = {
  ...closedMap({
    name: { type: "string", description: "Comes behind the route's name, in logs." },
    uri: stringMatch("The path, without its query"),
    ignoreUriCase: { type: "boolean", description: "Of uri exact and prefix. Default: false." },
    scheme: stringMatch("`http` or `https`"),
    method: stringMatch("The method"),
    authority: stringMatch("What the request calls its host, with its port where it says one"),
    headers: conditions(
      "The header",
      "By lower-case names; a condition without a value asks that the header is there.",
    ),
    withoutHeaders: conditions(
      "The header",
      "The opposite: none of these may hold. An absent header counts as an empty one.",
    ),
    queryParams: conditions("The parameter", "Parameters of the query, by name."),
    port: { ...portNumber, description: "Of the service, as it is dialled; at a gateway its own." },
    gateways: {
      ...gatewayNames,
      description: "Those of the VirtualService's `gateways` at which it holds. Default: all.",
    },
    statPrefix: refused("statistics of single routes are not supported yet"),
    ...sources,
  }),
  description: "All of its conditions must hold.",
};

const subnets = refused("not supported: connections are told apart by their port and by the name that TLS asks for");

/** Of TCP connections and of TLS that passes as it is. */
export const tcpMatch: JsonSchema = closedMap({
  port: { ...portNumber, description: "Of the service, as it is dialled; at a gateway its own." },
  gateways: gatewayNames,
  destinationSubnets: subnets,
  sourceSubnet: refused("not supported"),
  ...sources,
});

export const tlsMatch: JsonSchema = closedMap(
  {
    sniHosts: {
      ...listOf({ ...text, maxLength: 255 }, 1),
      maxItems: 256,
      description:
        "Names that the client asks for in TLS, or `*.example.com`; they are among the VirtualService's hosts.",
    },
    port: { ...portNumber, description: "Of the service, as it is dialled; at a gateway its own." },
    gateways: gatewayNames,
    destinationSubnets: subnets,
    ...sources,
  },
  ["sniHosts"],
);
