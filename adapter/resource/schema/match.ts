import { closedMap, type JsonSchema, listOf, text } from "./json-schema.js";

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

/** Conditions on calls: one of several sets of them holds. */
export function match(description: string): JsonSchema {
  return { ...listOf(closedMap({ attributes }, ["attributes"]), 1), description };
}

/** The same where `attributes` is a map only: a CustomResourceDefinition can say all of it. */
export function matchByMap(description: string): JsonSchema {
  const map: JsonSchema = {
    type: "object",
    description: "Conditions on attributes of the call, by their names in the protocol. All must hold.",
    minProperties: 1,
    additionalProperties: matcher,
  };
  return { ...listOf(closedMap({ attributes: map }, ["attributes"]), 1), description };
}
