import { MELTEMI_GROUP } from "../resource/kinds.js";
import {
  authorizationPolicySchema,
  CONNECTION_KEYS,
  ISTIOS_KEYS,
  NO_SUCH_KEY,
} from "../resource/schema/authorization-policy.js";
import type { JsonSchema } from "../resource/schema/json-schema.js";
import { admissionPolicy } from "./admission-policy.js";

const NAME = `fields.authorizationpolicies.${MELTEMI_GROUP}`;

/**
 * An API server drops fields that a CustomResourceDefinition does not know, unless its author asks otherwise: a policy would say less than was
 * written, and let more in. So it keeps them there, and these rules refuse them; as they do what would cost too much in the definition.
 */
export function buildAuthorizationRules(): readonly object[] {
  const spec = at(authorizationPolicySchema, "spec");
  const rule = at(spec, "rules", "[]");
  const source = at(rule, "from", "[]", "source");
  const operation = at(rule, "to", "[]", "operation");
  const condition = at(rule, "when", "[]");
  const blocks = ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"];
  const addresses = CONNECTION_KEYS.filter((key) => key.endsWith(".ip"));
  // Whatever cannot be judged is not to be let in.
  return admissionPolicy(NAME, "authorizationpolicies", "Fail", [
    known("object.spec", spec, "spec"),
    {
      expression: `!has(object.spec.selector) || object.spec.selector.all(field, field == "matchLabels")`,
      message: "spec.selector has no such field: write matchLabels",
    },
    { ...known("rule", rule, "a rule"), expression: everyRule(hasOnly("rule", rule)) },
    {
      ...known("source", source, "source"),
      expression: every("from", `${hasOnly("one", "source")} && ${hasOnly("one.source", source)}`),
    },
    {
      ...known("operation", operation, "operation"),
      expression: every("to", `${hasOnly("one", "operation")} && ${hasOnly("one.operation", operation)}`),
    },
    { ...known("when", condition, "when"), expression: every("when", hasOnly("one", condition)) },
    {
      expression: every("when", "has(one.values) || has(one.notValues)"),
      message: "when: values or notValues is needed",
    },
    {
      expression: every("when", `!one.key.matches(${cel(ISTIOS_KEYS)}) || one.key in ${cel(CONNECTION_KEYS)}`),
      message: `when: ${NO_SUCH_KEY}`,
    },
    {
      expression: every(
        "from",
        `${cel(blocks)}.all(field, !(field in one.source) || one.source[field].all(value, isIP(value) || isCIDR(value)))`,
      ),
      message: "ipBlocks must be IP addresses or blocks of them, such as 10.0.0.0/8",
    },
    {
      expression: every(
        "when",
        `!(one.key in ${cel(addresses)}) || ["values", "notValues"].all(field, !(field in one) || one[field].all(value, isIP(value) || isCIDR(value)))`,
      ),
      message: `when: values of ${addresses.join(", ")} must be IP addresses or blocks of them, such as 10.0.0.0/8`,
    },
  ]);
}

function known(
  value: string,
  schema: JsonSchema,
  where: string,
): { readonly expression: string; readonly message: string } {
  return {
    expression: hasOnly(value, schema),
    message: `${where} has no such field: there is ${fieldsOf(schema).join(", ")}`,
  };
}

/** In CEL: the map has no other fields. */
function hasOnly(value: string, schema: JsonSchema | string): string {
  return `${value}.all(field, field in ${cel(typeof schema === "string" ? [schema] : fieldsOf(schema))})`;
}

function fieldsOf({ properties = {} }: JsonSchema): readonly string[] {
  return Object.keys(properties).filter((field) => properties[field]?.["x-meltemi-refused"] === undefined);
}

/** In CEL: it holds of every `rule`. */
function everyRule(holds: string): string {
  return `!has(object.spec.rules) || object.spec.rules.all(rule, ${holds})`;
}

/** In CEL: it holds of `one`, each entry of this list of each rule. */
function every(list: "from" | "to" | "when", holds: string): string {
  return everyRule(`!has(rule.${list}) || rule.${list}.all(one, ${holds})`);
}

function at(schema: JsonSchema, ...path: readonly string[]): JsonSchema {
  return path.reduce((one, field) => (field === "[]" ? one.items : one.properties?.[field]) as JsonSchema, schema);
}

/** Texts and lists are written in CEL as in JSON. */
function cel(value: string | readonly string[]): string {
  return JSON.stringify(value);
}
