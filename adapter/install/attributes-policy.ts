import { MELTEMI_GROUP } from "../resource/kinds.js";
import { MAX_REGEX_BYTES, SPECIFIERS } from "../resource/matcher.js";
import { admissionPolicy } from "./admission-policy.js";

const NAME = `attributes.virtualservices.${MELTEMI_GROUP}`;

/**
 * `attributes` is a map, or a list of maps, which the schema of a CustomResourceDefinition cannot say. So the API server checks it by a
 * policy, whose rules see values of any type.
 */
export function buildAttributesPolicy(): readonly object[] {
  // What costs too much to be judged here is let through: the status tells of it.
  return admissionPolicy(NAME, "virtualservices", "Ignore", [
    {
      expression: everyMatch("type(attributes) == map || type(attributes) == list"),
      message:
        "attributes must be a map, such as { user: { exact: jason } }, or a list of maps with one attribute each",
    },
    {
      expression: everyMatch("attributes.size() > 0"),
      message: "attributes is empty: leave match out for a route that takes every call",
    },
    {
      expression: everyMatch("type(attributes) != list || attributes.all(one, type(one) == map && one.size() == 1)"),
      message: "attributes as a list has maps with one attribute each: write [ { user: { exact: jason } } ]",
    },
    {
      expression: everyCondition("type(condition) == map"),
      message: "the condition on an attribute must be a map: write { user: { exact: jason } }",
    },
    {
      expression: everyCondition(`condition.all(field, field in ${JSON.stringify([...SPECIFIERS, "invert"])})`),
      message: `a condition has no such field: write one of ${SPECIFIERS.join(", ")}, and invert if it is to be turned around`,
    },
    {
      expression: everyCondition(`${JSON.stringify(SPECIFIERS)}.filter(field, field in condition).size() == 1`),
      message: `a condition says exactly one thing: write one of ${SPECIFIERS.join(", ")}`,
    },
    {
      expression: everyCondition(
        '["exact", "prefix", "suffix", "contains", "regex"].all(field, !(field in condition) || type(condition[field]) == string)',
      ),
      message: 'attributes are text: write numbers, true and false in quotes, such as { exact: "1" }',
    },
    {
      expression: everyCondition(`!("regex" in condition) || size(bytes(condition.regex)) <= ${MAX_REGEX_BYTES}`),
      message: `regex must not be longer than ${MAX_REGEX_BYTES} bytes`,
    },
  ]);
}

/** In CEL: it holds of the `attributes` of every entry of every route's `match`. */
function everyMatch(holds: string): string {
  return `object.spec.routes.all(route, !has(route.match) || route.match.all(entry, [entry.attributes].all(attributes, ${holds})))`;
}

/** In CEL: it holds of every `condition`. What has another shape is told of by the rules before. */
function everyCondition(holds: string): string {
  const inMap = (map: string) => `${map}.all(name, [${map}[name]].all(condition, ${holds}))`;
  return everyMatch(`type(attributes) == map ? ${inMap("attributes")} : attributes.all(one, ${inMap("one")})`);
}
