import protobuf from "protobufjs";
import { root } from "./proto.js";

/** A message in the JSON mapping of proto3, as Envoy's documentation writes it; bytes stand as they are, undefined is absent. */
export interface JsonObject {
  readonly [field: string]: Json | undefined;
}
export type Json = string | number | boolean | Uint8Array | JsonObject | readonly Json[];

/** Types whose JSON form is not an object of their fields. */
type SpecialForm = "value" | "duration" | "any" | "struct";
const SPECIAL_FORMS: ReadonlyMap<protobuf.Type, SpecialForm> = new Map([
  ...["Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64"].map(
    (kind) => [root.lookupType(`google.protobuf.${kind}Value`), "value"] as const,
  ),
  [root.lookupType("google.protobuf.Duration"), "duration"] as const,
  [root.lookupType("google.protobuf.Any"), "any"] as const,
  [root.lookupType("google.protobuf.Struct"), "struct"] as const,
]);

/**
 * The bytes of a message given in JSON. Equal JSON gives equal bytes (fields in the order of their numbers, map keys sorted),
 * and a field or enum value that the type does not have is an error, where protobufjs would drop it in silence.
 */
export function encode(typeName: string, json: JsonObject): Uint8Array {
  return encodeType(root.lookupType(typeName), json, typeName);
}

function encodeType(type: protobuf.Type, json: Json, path: string): Uint8Array {
  return type.encode(toMessage(type, json, path)).finish();
}

function toMessage(type: protobuf.Type, json: Json, path: string): Record<string, unknown> {
  const form = SPECIAL_FORMS.get(type);
  if (form === "value") {
    if (isObject(json)) throw new TypeError(`${path}: ${type.name} is written as its value alone`);
    return { value: json };
  }
  if (form === "duration") return toDuration(json, path);
  if (!isObject(json)) throw new TypeError(`${path}: ${type.name} is an object`);
  if (form === "any") return toAny(json, path);
  if (form === "struct") return toStruct(json);
  const message: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) {
    if (value === undefined) continue;
    const field = type.fields[name];
    if (field === undefined) throw new TypeError(`${path}: ${type.name} has no field "${name}"`);
    message[name] = toField(field, value, `${path}.${name}`);
  }
  return message;
}

function toField(field: protobuf.Field, json: Json, path: string): unknown {
  if (field instanceof protobuf.MapField) {
    if (!isObject(json)) throw new TypeError(`${path} is a map`);
    const keys = Object.keys(json).sort();
    return Object.fromEntries(keys.map((key) => [key, toValue(field, json[key] as Json, `${path}["${key}"]`)]));
  }
  if (!field.repeated) return toValue(field, json, path);
  if (!Array.isArray(json)) throw new TypeError(`${path} is a list`);
  return json.map((value, i) => toValue(field, value, `${path}[${i}]`));
}

function toValue(field: protobuf.Field, json: Json, path: string): unknown {
  const type = field.resolve().resolvedType;
  if (type instanceof protobuf.Type) return toMessage(type, json, path);
  if (!(type instanceof protobuf.Enum)) return json;
  const value = type.values[String(json)];
  if (value === undefined) throw new TypeError(`${path}: ${type.name} has no value "${json}"`);
  return value;
}

function toAny(json: JsonObject, path: string): Record<string, unknown> {
  const { "@type": url, ...fields } = json;
  if (typeof url !== "string") throw new TypeError(`${path}: "@type" is missing`);
  const type = root.lookupType(url.slice(url.lastIndexOf("/") + 1));
  const body = SPECIAL_FORMS.get(type) === "value" ? (fields.value as Json) : fields;
  return { type_url: url, value: encodeType(type, body, path) };
}

/** Keys in their order, as those of maps. */
function toStruct(json: JsonObject): Record<string, unknown> {
  const keys = Object.keys(json).sort();
  return { fields: Object.fromEntries(keys.map((key) => [key, toStructValue(json[key] as Json)])) };
}

function toStructValue(json: Json): Record<string, unknown> {
  if (typeof json === "string") return { stringValue: json };
  if (typeof json === "number") return { numberValue: json };
  if (typeof json === "boolean") return { boolValue: json };
  if (isObject(json)) return { structValue: toStruct(json) };
  return { listValue: { values: Array.from(json, toStructValue) } };
}

function toDuration(json: Json, path: string): Record<string, unknown> {
  const parts = /^(\d+)(?:\.(\d{1,9}))?s$/.exec(String(json));
  if (parts === null) throw new TypeError(`${path}: "${json}" is no duration such as "1.5s"`);
  return { seconds: Number(parts[1]), nanos: Number((parts[2] ?? "").padEnd(9, "0")) };
}

function isObject(json: Json): json is JsonObject {
  return typeof json === "object" && !Array.isArray(json) && !(json instanceof Uint8Array);
}

/** Milliseconds as a duration of the JSON mapping. */
export function duration(time_ms: number): string {
  return `${time_ms / 1000}s`;
}

/** A message as an Any of its type. */
export function any(typeName: string, fields: JsonObject): JsonObject {
  return { "@type": `type.googleapis.com/${typeName}`, ...fields };
}
