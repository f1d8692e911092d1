import { closedMap, type JsonSchema, listOf, portNumber, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

const integer: JsonSchema = {
  type: "integer",
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};

const matcher: JsonSchema = closedMap({
  exact: { type: "string", description: "The value is this, byte for byte." },
  prefix: { ...text, description: "The value begins with this." },
  suffix: { ...text, description: "The value ends with this." },
  contains: { ...text, description: "The value has this in it." },
  regex: { ...text, description: "The whole value matches this expression, in RE2's syntax." },
  present: { type: "boolean", description: "true: the attribute is there. false: it is not." },
  range: {
    ...closedMap({ start: integer, end: integer }, ["start", "end"]),
    description: "The value, read as a decimal integer, is at least `start` and less than `end`.",
  },
  invert: { type: "boolean", description: "Turns the result around; an absent attribute then matches." },
});

/** A map of attributes, or a list of maps with one attribute each, where one attribute is to have several conditions. */
const attributes: JsonSchema = {
  type: ["object", "array"],
  description: "Conditions on attributes of the call, by their names in the protocol. All must hold.",
  minProperties: 1,
  minItems: 1,
  additionalProperties: matcher,
  items: { type: "object", minProperties: 1, maxProperties: 1, additionalProperties: matcher },
};

const destination = closedMap(
  {
    host: { ...text, description: "Host of a service; a short name is one of the resource's own namespace." },
    subset: { ...text, description: "A subset of the host's DestinationRule. Default: every endpoint." },
    port: {
      ...closedMap({ number: portNumber }, ["number"]),
      description: "Port of the service. Default: the only one of the protocol.",
    },
  },
  ["host"],
);

const route = closedMap(
  {
    name: { ...text, description: "For logs and `meltemi explain`. Default: `route-` and the index." },
    match: {
      ...listOf(closedMap({ attributes }, ["attributes"]), 1),
      description: "The route takes calls for which one of the entries holds. Default: every call.",
    },
    route: {
      ...listOf(
        closedMap(
          {
            destination,
            weight: { type: "integer", minimum: 0, maximum: 100, description: "Percentage of the calls." },
          },
          ["destination"],
        ),
        1,
      ),
      description: "Where the calls go. The weights of several destinations add up to 100.",
    },
  },
  ["route"],
);

export const virtualServiceSchema = resourceSchema(
  closedMap(
    {
      hosts: {
        ...listOf(text, 1),
        description: "Names of services: as they stand in the message, or hosts. `*`: what no other one takes.",
      },
      protocol: { ...text, description: "Default: that of the destination's port." },
      routes: { ...listOf(route, 1), description: "The first that matches is taken." },
    },
    ["hosts", "routes"],
  ),
);
