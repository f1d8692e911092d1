import type { JsonSchema, ValidationRule } from "../resource/schema/json-schema.js";

/** A schema as a CustomResourceDefinition takes it. */
export type StructuralSchema = Readonly<Record<string, unknown>>;

/**
 * A resource's schema as Kubernetes' structural schemas say it. They have nothing for a field that may be of several types: it is let
 * through, and `attributes-policy.ts` looks at it. Unknown fields `kubectl` refuses by itself.
 */
export function structural(schema: JsonSchema): StructuralSchema {
  const { type, properties, items, additionalProperties, required = [], description } = schema;
  if (Array.isArray(type)) return { description, "x-kubernetes-preserve-unknown-fields": true };
  // A field that is refused whatever its value needs a type for a rule to see it.
  const refused = schema["x-meltemi-refused"];
  if (refused !== undefined) return { type: "string", description: `Refused: ${refused}.` };
  const rules = rulesOf(schema);
  return withoutUndefined({
    type,
    description,
    default: schema.default,
    enum: schema["x-meltemi-refused-values"] === undefined ? schema.enum : undefined,
    minimum: schema.minimum,
    maximum: schema.maximum,
    minLength: schema.minLength,
    maxLength: schema.maxLength ?? (rules.length > 0 && type === "string" ? MAX_JUDGED_LENGTH : undefined),
    minItems: schema.minItems || undefined,
    maxItems: schema.maxItems,
    minProperties: schema.minProperties,
    maxProperties: schema.maxProperties,
    required: required.length > 0 ? required : undefined,
    properties: properties && mapValues(properties, structural),
    additionalProperties: additionalProperties ? structural(additionalProperties) : undefined,
    items: items && structural(items),
    "x-kubernetes-preserve-unknown-fields": schema["x-meltemi-keeps-unknown"],
    "x-kubernetes-list-type": schema["x-kubernetes-list-type"],
    "x-kubernetes-validations": rules.length > 0 ? rules : undefined,
  });
}

/** What a rule may cost is estimated by the longest text that it can get. */
const MAX_JUDGED_LENGTH = 256;

/** Rules say what to write instead, which patterns and lists of values do not. */
function rulesOf(schema: JsonSchema): readonly ValidationRule[] {
  const rules = [...(schema["x-kubernetes-validations"] ?? [])];
  const { pattern, properties = {}, "x-meltemi-expects": expects } = schema;
  if (pattern !== undefined) rules.push({ rule: `self.matches(${cel(pattern)})`, message: `must be ${expects}` });
  const values = schema["x-meltemi-refused-values"];
  if (values !== undefined) rules.push(refusedValues(schema.enum ?? [], values));
  for (const [name, { "x-meltemi-refused": reason }] of Object.entries(properties)) {
    if (reason !== undefined) rules.push({ rule: `!has(self.${name})`, message: `${name}: ${reason}` });
  }
  return rules;
}

function refusedValues(allowed: readonly string[], refused: Readonly<Record<string, string>>): ValidationRule {
  const reasons = Object.entries(refused).map(
    ([value, reason]) => `self == ${cel(value)} ? ${cel(`${value}: ${reason}`)} : `,
  );
  return {
    rule: `self in ${cel(allowed)}`,
    messageExpression: `${reasons.join("")}self + ${cel(`: must be one of ${allowed.join(", ")}`)}`,
  };
}

/** Texts and lists are written in CEL as in JSON. */
function cel(value: string | readonly string[]): string {
  return JSON.stringify(value);
}

function mapValues<T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

function withoutUndefined(map: Readonly<Record<string, unknown>>): StructuralSchema {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}
