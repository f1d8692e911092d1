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
  /** Written into the object by a Kubernetes API server; `parse` takes the same where it is absent. */
  readonly default?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** The field is known, and refused whatever its value: why, and what to write instead. */
  readonly "x-meltemi-refused"?: string;
  /** Values beside `enum` that are known and refused, with the reason. */
  readonly "x-meltemi-refused-values"?: Readonly<Record<string, string>>;
  /** What a Kubernetes API server is to check besides, in CEL; `parse` checks the same whatever the source. */
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
  /** `set`: no entry twice. */
  readonly "x-kubernetes-list-type"?: "set";
  /** A Kubernetes API server keeps fields that are unknown, so that they are seen here, and refused. */
  readonly "x-meltemi-keeps-unknown"?: true;
  /** What a `pattern` asks for, in words. */
  readonly "x-meltemi-expects"?: string;
}

/** A rule in CEL, of which `self` is the value, and what is said where it does not hold. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  /** In CEL, too: for a message that says what was found. */
  readonly messageExpression?: string;
}

/** Greatest number of what is a uint32 in the filter. */
export const MAX_UINT32 = 2 ** 32 - 1;

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

/** One port of several. */
export function portSelector(description: string): JsonSchema {
  return { ...closedMap({ number: { ...portNumber, description: "Its number." } }, ["number"]), description };
}

/** The name of a protocol: this build's own, or one that an ApplicationProtocol declares. */
export const protocol: JsonSchema = {
  type: "string",
  maxLength: 40,
  pattern: "^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$",
  "x-meltemi-expects": "the name of a protocol: letters, digits and `-`",
};

export const duration: JsonSchema = {
  type: "string",
  maxLength: 64,
  pattern: DURATION.source,
  "x-meltemi-expects": "a duration such as 5s, 500ms or 1h30m",
};

const exportTarget: JsonSchema = {
  type: "string",
  pattern: "^(\\*|\\.|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$",
  maxLength: 63,
  "x-meltemi-expects": '"*" (all namespaces), "." (its own) or the name of a namespace',
};

export const exportTo: JsonSchema = {
  ...listOf(exportTarget),
  maxItems: 100,
  description: "Namespaces whose Envoys see it: `*` all, `.` its own, or by name. Default: all.",
};

/** Of a service, which can be kept from everybody. */
export const serviceExportTo: JsonSchema = {
  ...exportTo,
  ...listOf({
    ...exportTarget,
    pattern: "^(\\*|\\.|~|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$",
    "x-meltemi-expects": `${exportTarget["x-meltemi-expects"]}, or "~" (none)`,
  }),
};
