import { DURATION } from "../duration.js";

/**
 * The part of JSON Schema that resources are described in: what a CustomResourceDefinition's openAPIV3Schema can say, and two
 * things of Meltemi's. Maps are closed: a field that is not named is refused.
 */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** `false` by `closedMap`; a schema for maps with free keys. */
  readonly additionalProperties?: false | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** The field is known, and refused whatever its value: why, and what to write instead. */
  readonly "x-meltemi-refused"?: string;
  /** Values beside `enum` that are known and refused, with the reason. */
  readonly "x-meltemi-refused-values"?: Readonly<Record<string, string>>;
  /** What a `pattern` asks for, in words. */
  readonly "x-meltemi-expects"?: string;
}

/** A map with exactly these fields. */
export function closedMap(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false };
}

export function listOf(items: JsonSchema, minItems = 0): JsonSchema {
  return { type: "array", items, minItems };
}

export function refused(reason: string): JsonSchema {
  return { "x-meltemi-refused": reason };
}

export const text: JsonSchema = { type: "string", minLength: 1 };

/** Any value: for fields that are accepted and not looked at. */
export const anything: JsonSchema = {};

export const labels: JsonSchema = { type: "object", additionalProperties: { type: "string" } };

export const portNumber: JsonSchema = { type: "integer", minimum: 1, maximum: 65535 };

export const duration: JsonSchema = {
  type: "string",
  pattern: DURATION.source,
  "x-meltemi-expects": "a duration such as 5s, 500ms or 1h30m",
};
