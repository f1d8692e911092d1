import { anything, closedMap, duration, type JsonSchema, listOf, portNumber, refused, text } from "../json-schema.js";
import { resourceSchema } from "../metadata.js";

/**
 * Of what may be another controller's: its spec is looked at where it is known to be ours, by `specSchema` of the kind. Fields of a newer version of
 * the API are unknown there, and refused: what they ask for would be missing.
 */
export const anySpec: JsonSchema = resourceSchema({ type: "object", additionalProperties: anything });

/** In a certificate or in a request, `*.` before it where it is all below it. */
export const hostname: JsonSchema = {
  type: "string",
  maxLength: 253,
  pattern: "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
  "x-meltemi-expects": "a host such as example.com or *.example.com",
};

export const preciseHostname: JsonSchema = {
  ...hostname,
  pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
  "x-meltemi-expects": "a host such as example.com",
};

const reference = {
  group: { type: "string" },
  kind: text,
  namespace: text,
  name: text,
} as const;

/** Those of all routes. Which of them are ours is seen before anything else is. */
export const routeFields = {
  parentRefs: anything,
  useDefaultGateways: anything,
} as const;

export const parentReference: JsonSchema = closedMap(
  {
    group: { ...reference.group, description: "Default: gateway.networking.k8s.io." },
    kind: { ...text, description: "Default: Gateway, the only one that is served." },
    namespace: { ...text, description: "Default: its own." },
    name: { ...text, description: "Of the Gateway." },
    sectionName: { ...text, description: "Of a listener. Default: all that take it." },
    port: { ...portNumber, description: "Of listeners. Default: all." },
  },
  ["name"],
);

export const objectReference: JsonSchema = closedMap({ ...reference, port: portNumber }, ["name"]);

export const backendFields = {
  ...reference,
  port: portNumber,
  weight: { type: "integer", minimum: 0, maximum: 1_000_000 },
} as const;

export const backendReference: JsonSchema = closedMap(backendFields, ["name"]);

/** Envoy refuses others, and all that comes along with them. */
const headerName: JsonSchema = {
  type: "string",
  maxLength: 256,
  pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
  "x-meltemi-expects": "a header's name",
};

const headerValue: JsonSchema = {
  type: "string",
  maxLength: 4096,
  pattern: "^[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$",
  "x-meltemi-expects": "a header's value, without control characters",
};

const headerList = listOf(closedMap({ name: headerName, value: headerValue }, ["name", "value"]));

export const headerModifier: JsonSchema = closedMap({
  set: headerList,
  add: headerList,
  remove: listOf(headerName),
});

export const mirror: JsonSchema = closedMap(
  {
    backendRef: objectReference,
    percent: { type: "integer", minimum: 0, maximum: 100 },
    fraction: closedMap(
      {
        numerator: { type: "integer", minimum: 0, maximum: 2 ** 31 - 1 },
        denominator: { type: "integer", minimum: 1, maximum: 2 ** 31 - 1 },
      },
      ["numerator"],
    ),
  },
  ["backendRef"],
);

export const EXACT_OR_REGEX = ["Exact", "RegularExpression"] as const;

/** Of a header, or of a parameter of the query. */
export const valueMatch: JsonSchema = closedMap(
  { type: { type: "string", enum: EXACT_OR_REGEX }, name: headerName, value: { type: "string", maxLength: 4096 } },
  ["name", "value"],
);

export const sessionPersistence = refused(
  "Meltemi does not keep sessions: a DestinationRule's consistentHash has equal values reach one host",
);

export const extensionRef = refused("Meltemi has no filters of its own kinds");

export const apiDuration: JsonSchema = duration;
