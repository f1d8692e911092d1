import type { FieldPath } from "../status/field-path.js";
import { atPlace } from "./compile-head.js";
import type { Part, PartType, Value } from "./declaration.js";
import { type Instruction, literalBytes, Op, type Pooled } from "./program-writer.js";
import { formOf, isLittle, numberOperands, requireInHead, type Scope } from "./scope.js";

/** A value that is asked for: where it goes, and when it is wanted. */
export interface Use {
  readonly value: Value;
  /** Undefined: its keys are attributes. */
  readonly target: number | undefined;
  readonly want: number;
  readonly path: FieldPath;
}

/** By which field of a value one of a part is found. */
const SELECTORS: Readonly<Record<PartType, "key" | "field" | "pointer" | "word" | undefined>> = {
  TEXT: undefined,
  NUMBER: undefined,
  PAIRS: "key",
  WORDS: "word",
  PROTOBUF: "field",
  THRIFT_BINARY: "field",
  THRIFT_COMPACT: "field",
  JSON: "pointer",
  SKIP: undefined,
};
const MAX_STEPS = 16;

/** What stands behind the head, as far as it is asked for. */
export function compileBody(
  scope: Scope,
  parts: readonly Part[],
  uses: readonly Use[],
  headBytes: number | undefined,
  path: FieldPath,
): Instruction[] {
  const ops = uses.filter(({ value }) => atPlace(value)).flatMap((use) => compilePlace(scope, use, headBytes));
  const byPart = new Map(parts.map(({ name }): [string, Use[]] => [name, []]));
  for (const use of uses) {
    if (atPlace(use.value)) continue;
    const list = byPart.get(use.value.part ?? "");
    if (list !== undefined) list.push(use);
    else scope.report(use.path, unknownPart(use.value.part, [...byPart.keys()]));
  }
  checkParts(scope, parts, path);
  for (const [index, part] of parts.entries()) {
    const from = parts.slice(index).flatMap(({ name }) => byPart.get(name) ?? []);
    const later = from.reduce((sum, { want }) => sum | want, 0);
    if (later === 0) break;
    ops.push({ code: Op.STOP, z: later }, compileLength(scope, part, later, headBytes, [...path, index, "length"]));
    ops.push(...compilePart(scope, part, byPart.get(part.name) ?? [], later, [...path, index]));
  }
  return ops;
}

function unknownPart(name: string | undefined, names: readonly string[]): string {
  if (name === undefined) return "needs a place: part, or at with width";
  const known = names.length === 0 ? "there are none" : `the parts are ${names.join(", ")}`;
  return `no part is called ${name}; ${known}`;
}

function checkParts({ report }: Scope, parts: readonly Part[], path: FieldPath): void {
  const names = new Set<string>();
  for (const [index, { name, type, length, separator, pairs }] of parts.entries()) {
    const before = parts[index - 1];
    if (before?.length.rest) {
      const reason = `${name} stands behind ${before.name}, which reaches to the end of the message: give ${before.name} another length, or put it last`;
      report([...path, index], reason);
    }
    if (names.has(name)) report([...path, index, "name"], `another part is called ${name} already`);
    names.add(name);
    if (type === "WORDS" && separator === undefined) report([...path, index], "WORDS need a separator");
    if (type === "PAIRS" && pairs === undefined)
      report([...path, index], "PAIRS need pairs: how key and value are written");
    if (type === "NUMBER" && !((length.bytes ?? 0) >= 1 && (length.bytes ?? 0) <= 8)) {
      report([...path, index, "length"], "a number has a length of bytes: 1 to 8");
    }
  }
}

/** A value at a fixed place. */
function compilePlace(scope: Scope, { value, target, want, path }: Use, headBytes: number | undefined): Instruction[] {
  if (!atPlace(value) || target === undefined) {
    scope.report(path, "a map is found in a part: PAIRS, PROTOBUF, THRIFT_BINARY, THRIFT_COMPACT or JSON");
    return [];
  }
  const bytes = value.width ?? value.bytes;
  if (bytes === undefined) scope.report(path, "needs width (a number) or bytes (a text)");
  requireInHead(scope, value, bytes ?? 0, headBytes, path);
  const place = { code: Op.AT, c: value.from === "BODY" ? 1 : 0, x: value.at, y: bytes ?? 0, z: want };
  const out = { code: Op.OUT, a: target, z: want };
  if (value.width === undefined) return [place, { code: Op.TRIM, z: want }, out];
  const { b, y } = numberOperands(scope, { ...value, width: value.width });
  return [place, { code: Op.NUMBER, b, y, z: want }, out];
}

function compileLength(
  scope: Scope,
  { length }: Part,
  z: number,
  headBytes: number | undefined,
  path: FieldPath,
): Instruction {
  const { bytes, at, width, until, rest, add } = length;
  const forms = [bytes, at, length.prefix, length.varint, length.hessian, until, rest].filter(
    (one) => one !== undefined,
  );
  if (forms.length !== 1) {
    scope.report(path, "needs one of bytes, at (with width), prefix, varint, hessian, until, rest");
  }
  if (bytes !== undefined) return { code: Op.FIXED, y: bytes, z };
  if (until !== undefined) {
    const mark = literalBytes(until);
    return { code: Op.UNTIL, at: scope.writer.bytes(mark), y: mark.length, z };
  }
  if (at !== undefined) {
    if (width === undefined) scope.report(path, "at needs width: of how many bytes the number there is");
    const field = { ...length, at, width: width ?? 1 };
    requireInHead(scope, field, field.width, headBytes, path);
    return { code: Op.BY_NUMBER, ...numberOperands(scope, field), z };
  }
  if (rest || forms.length !== 1) return { code: Op.REST, z };
  return { code: Op.PREFIXED, a: formOf(scope, length), x: add ?? 0, z };
}

function compilePart(scope: Scope, part: Part, uses: readonly Use[], later: number, path: FieldPath): Instruction[] {
  for (const use of uses) checkUse(scope, part, use);
  if (part.type === "PAIRS") return compilePairs(scope, part, uses, later, path);
  const trimmed = uses.reduce((sum, { want }) => sum | want, 0);
  const ops: Instruction[] = part.trim && trimmed ? [{ code: Op.TRIM, z: trimmed }] : [];
  for (const use of uses) {
    ops.push(...compileFind(scope, part, use));
    if (use.target !== undefined) ops.push({ code: Op.OUT, a: use.target, z: use.want });
  }
  return ops;
}

function checkUse({ report }: Scope, { name, type }: Part, { value, target, path }: Use): void {
  const selector = SELECTORS[type];
  const given = (["key", "field", "pointer", "word"] as const).filter((one) => value[one] !== undefined);
  if (value.pointer !== undefined && !/^(\/.*)?$/.test(value.pointer)) {
    report(
      [...path, "pointer"],
      `${JSON.stringify(value.pointer)}: a JSON pointer begins with /, as /params/service does`,
    );
  }
  if (type === "SKIP") report(path, `${name} is of type SKIP: it is passed over, so give it another type`);
  const other = given.find((one) => one !== selector);
  if (other !== undefined) {
    report(
      [...path, other],
      `${name} is of type ${type}${selector ? `: write ${selector}` : ", one value: leave it out"}`,
    );
  } else if (target === undefined) {
    if (selector === undefined || selector === "word") report(path, `${name} is of type ${type}, which has no map`);
  } else if (selector !== undefined && given.length === 0) {
    report(path, `${name} is of type ${type}: say by ${selector} which value of it`);
  }
}

function compileFind(scope: Scope, part: Part, { value, target, want: z }: Use): readonly Instruction[] {
  const { writer, byteOrder } = scope;
  const c = value.signed ? 1 : 0;
  switch (part.type) {
    case "NUMBER":
      return [{ code: Op.NUMBER, b: isLittle(part.byteOrder ?? byteOrder), y: writer.mask(value.mask) ?? 0, z }];
    case "WORDS": {
      const mark = literalBytes(part.separator ?? { text: " " });
      return [{ code: Op.WORD, a: value.word ?? 0, at: writer.bytes(mark), y: mark.length, z }];
    }
    case "PROTOBUF": {
      const field = (value.field ?? []).slice(0, MAX_STEPS);
      const code = target === undefined ? Op.PROTOBUF_MAP : Op.PROTOBUF;
      return [{ code, a: field.length, c, at: writer.words(field), z }];
    }
    case "THRIFT_BINARY":
    case "THRIFT_COMPACT": {
      const field = (value.field ?? []).slice(0, MAX_STEPS);
      const code = target === undefined ? Op.THRIFT_MAP : Op.THRIFT;
      return [{ code, a: field.length, b: part.type === "THRIFT_COMPACT" ? 1 : 0, c, at: writer.words(field), z }];
    }
    case "JSON": {
      const tokens = pointerTokens(value.pointer ?? "").slice(0, MAX_STEPS);
      const code = target === undefined ? Op.JSON_MAP : Op.JSON;
      return [{ code, a: tokens.length, at: writer.words(tokens.flatMap((token) => tokenWords(scope, token))), z }];
    }
    default:
      return [];
  }
}

/** RFC 6901. */
function pointerTokens(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function tokenWords({ writer }: Scope, token: string): readonly (number | Pooled)[] {
  const bytes = new TextEncoder().encode(token);
  const index = /^(0|[1-9]\d{0,8})$/.test(token) ? Number(token) : -1;
  return [writer.bytes(bytes), bytes.length, index];
}

const PAIRS_END_PART = 1;
const PAIRS_ARE_NAMED = 2;

function compilePairs(
  scope: Scope,
  { pairs, length }: Part,
  uses: readonly Use[],
  later: number,
  path: FieldPath,
): Instruction[] {
  const { writer } = scope;
  if (pairs === undefined) return [];
  const keyed = uses.filter(({ target }) => target !== undefined);
  const named = keyed.length < uses.length;
  const names = writer.words([
    keyed.length,
    ...keyed.flatMap(({ value, target = 0 }) => {
      const bytes = new TextEncoder().encode(value.key ?? "");
      return [writer.bytes(bytes), bytes.length, target];
    }),
  ]);
  const want = uses.reduce((sum, use) => sum | use.want, 0);
  if (pairs.between !== undefined || pairs.equals !== undefined) {
    if (pairs.between === undefined || pairs.equals === undefined) {
      scope.report([...path, "pairs"], "between and equals go together: what stands between two pairs, and within one");
    }
    const between = literalBytes(pairs.between ?? { text: "&" });
    const equals = literalBytes(pairs.equals ?? { text: "=" });
    const y = writer.words([writer.bytes(between), between.length, writer.bytes(equals), equals.length]);
    return [{ code: Op.TEXT_PAIRS, b: named ? 1 : 0, at: names, y, z: want }];
  }
  if (pairs.key === undefined || pairs.value === undefined) {
    scope.report([...path, "pairs"], "needs key and value, each with prefix or varint; or between and equals");
  }
  // Counted, they end where the last one does, and where that is only reading them tells.
  const endsPart = pairs.count !== undefined && length.rest;
  return [
    {
      code: Op.PAIRS,
      a: formOf(scope, pairs.key ?? {}),
      b: formOf(scope, pairs.value ?? {}),
      c: pairs.count === undefined ? 0 : formOf(scope, pairs.count),
      at: names,
      y: (endsPart ? PAIRS_END_PART : 0) | (named ? PAIRS_ARE_NAMED : 0),
      z: endsPart ? later : want,
    },
  ];
}
