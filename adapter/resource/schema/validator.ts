import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { FieldPath } from "../../status/field-path.js";
import { nearest, suggestion } from "../near.js";
import type { JsonSchema } from "./json-schema.js";

export interface SchemaError {
  readonly path: FieldPath;
  readonly reason: string;
}

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false });
ajv.addKeyword({ keyword: "x-meltemi-refused", schemaType: "string", validate: () => false, errors: false });
ajv.addKeyword("x-meltemi-refused-values");
ajv.addKeyword("x-meltemi-expects");
ajv.addKeyword("x-meltemi-keeps-unknown");
ajv.addKeyword("x-kubernetes-validations");
ajv.addKeyword("x-kubernetes-list-type");

/** A function that lists what in a document the schema does not allow, each with its path and a sentence for its author. */
export function validator(schema: JsonSchema): (document: unknown) => readonly SchemaError[] {
  let validate: ValidateFunction | undefined;
  return (document) => {
    // Compiled when first needed: a schema takes longer to compile than many documents to check.
    validate ??= ajv.compile(schema);
    if (validate(document)) return [];
    const errors = validate.errors ?? [];
    const refusals = new Set(errors.filter(isRefusal).map(({ instancePath }) => instancePath));
    return errors
      .filter((error) => isRefusal(error) || !refusals.has(error.instancePath))
      .map((error) => describe(error, pathOf(error.instancePath, document)));
  };
}

function isRefusal(error: ErrorObject): boolean {
  return error.keyword === "x-meltemi-refused";
}

function describe(error: ErrorObject, path: FieldPath): SchemaError {
  if (error.keyword === "additionalProperties") {
    const name = String(error.params.additionalProperty);
    return { path: [...path, name], reason: unknownField(name, error) };
  }
  if (error.keyword === "required") return { path, reason: `${error.params.missingProperty} is needed here` };
  return { path, reason: reasonOf(error) };
}

function unknownField(name: string, error: ErrorObject): string {
  const { properties = {} } = error.parentSchema as JsonSchema;
  const near = nearest(name, Object.keys(properties));
  const known = Object.keys(properties).filter((property) => properties[property]?.["x-meltemi-refused"] === undefined);
  return `unknown field${near === undefined ? suggestion(name, known) : `; did you mean ${near}?`}`;
}

function reasonOf(error: ErrorObject): string {
  const schema = error.parentSchema as JsonSchema;
  const { params, data } = error;
  switch (error.keyword) {
    case "x-meltemi-refused":
      return String(error.schema);
    case "type":
      return wrongType(schema, data);
    case "enum": {
      const refused = schema["x-meltemi-refused-values"];
      if (typeof data === "string" && refused !== undefined && Object.hasOwn(refused, data))
        return `${data}: ${refused[data]}`;
      if (schema["x-meltemi-expects"] !== undefined) return `${show(data)}: must be ${schema["x-meltemi-expects"]}`;
      const allowed = schema.enum ?? [];
      const near = typeof data === "string" ? nearest(data, allowed) : undefined;
      return `${show(data)}: must be one of ${allowed.join(", ")}${near === undefined ? "" : `; did you mean ${near}?`}`;
    }
    case "pattern":
      return `${show(data)}: must be ${schema["x-meltemi-expects"]}`;
    case "minimum":
    case "maximum":
      return `${show(data)}: must be ${schema.minimum} to ${schema.maximum}`;
    case "minLength":
      return "must not be empty";
    case "maxLength":
      return `must not be longer than ${params.limit} characters`;
    case "minItems":
    case "minProperties":
      return "is empty: it says nothing. Leave it out, or write what it is to say";
    case "maxItems":
      return `must not have more than ${params.limit} entries`;
    case "maxProperties":
      return `must be a map of ${params.limit} key only`;
    default:
      return error.message ?? error.keyword;
  }
}

function wrongType(schema: JsonSchema, data: unknown): string {
  const wanted = ([] as string[]).concat(schema.type ?? []).map((type) => TYPE_WORDS[type] ?? type);
  const is = `must be ${wanted.join(" or ")}, and is ${typeOf(data)}`;
  // A plain `exact: jason` or `exact: 1`.
  const quote = schema.type === "string" && (typeof data === "number" || typeof data === "boolean");
  const matcher = schema.properties?.exact !== undefined && typeof data === "string";
  return is + (quote ? `: write it in quotes, "${data}"` : matcher ? `: write { exact: ${show(data)} }` : "");
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  object: "a map",
  array: "a list",
  integer: "a whole number",
  boolean: "true or false",
};

function typeOf(data: unknown): string {
  if (data === null) return "empty";
  if (Array.isArray(data)) return "a list";
  return typeof data === "object" ? "a map" : show(data);
}

const MAX_SHOWN = 60;

function show(data: unknown): string {
  const text = JSON.stringify(data) ?? String(data);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** A JSON pointer as a path; what is an index and what a key is seen in the document. */
function pathOf(pointer: string, document: unknown): FieldPath {
  const path: (string | number)[] = [];
  let value = document;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Record<string, unknown>)[key];
  }
  return path;
}
