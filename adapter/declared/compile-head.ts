import type { FieldPath } from "../status/field-path.js";
import {
  type AnswerBody,
  type Condition,
  type Frame,
  KINDS,
  type KindRule,
  type NumberField,
  type Value,
} from "./declaration.js";
import { type Instruction, literalBytes, Op } from "./program-writer.js";
import { numberOperands, requireInHead, type Scope } from "./scope.js";

const DEFAULT_LINE_BYTES = 8192;
/** The filter's number of each kind. */
const CALL = 0;
const ANSWER = 5;

/** Bytes of a frame's head, where they are the same for every message. */
export function headBytesOf(frame: Frame): number | undefined {
  return frame.length !== undefined && !frame.length.varint ? frame.headBytes : undefined;
}

/** How a message is framed: what comes before its kind. */
export function compileFrame(scope: Scope, frame: Frame, path: FieldPath): Instruction[] {
  const { writer } = scope;
  const ops: Instruction[] = (frame.magic ?? []).map(({ at = 0, ...literal }) => {
    const bytes = literalBytes(literal);
    return { code: Op.MAGIC, x: at, y: writer.bytes(bytes), z: bytes.length };
  });
  if (frame.line !== undefined) {
    const end = literalBytes(frame.line.end);
    ops.push({ code: Op.LINE, x: frame.line.maxBytes ?? DEFAULT_LINE_BYTES, y: writer.bytes(end), z: end.length });
    return ops;
  }
  const { length, headBytes } = frame;
  if (length === undefined) return ops;
  if (length.varint) {
    if (headBytes !== undefined) {
      scope.report(
        [...path, "headBytes"],
        "a head that ends with a varint is as long as that one is: leave headBytes out",
      );
    }
    ops.push({ code: Op.VARINT_LENGTH, x: length.at }, { code: Op.TOTAL, a: 1, x: length.add ?? 0 });
    return ops;
  }
  if (headBytes === undefined) {
    scope.report([...path, "headBytes"], "needed: of how many bytes the head is, the length's included");
    return ops;
  }
  ops.push({ code: Op.NEED, x: headBytes });
  const { plus = [], add, varint: _, ...field } = length;
  for (const [index, one] of [requireWidth(scope, field, [...path, "length"]), ...plus].entries()) {
    const place = index === 0 ? [...path, "length"] : [...path, "length", "plus", index - 1];
    if (one.at + one.width > headBytes) {
      const end = one.at + one.width;
      const reason = `a length at ${one.at} of ${one.width} bytes lies beyond the head of ${headBytes}: make headBytes ${end} at least`;
      scope.report(place, reason);
    }
    ops.push({ code: Op.LENGTH, ...numberOperands(scope, one), c: 0 });
  }
  ops.push({ code: Op.TOTAL, x: add ?? headBytes });
  return ops;
}

function requireWidth(
  { report }: Scope,
  field: Partial<NumberField> & { readonly at: number },
  path: FieldPath,
): NumberField {
  if (field.width === undefined) report(path, "needs width: 1 to 8 bytes, or varint: true");
  return { ...field, width: field.width ?? 1 };
}

/** Kind, id and status of a message that is framed. `first`: the op that comes first, of all. */
export function compileKind(
  scope: Scope,
  kinds: readonly KindRule[] | undefined,
  isRequest: boolean,
  first: number,
): Instruction[] {
  if (kinds === undefined) return [{ code: Op.KIND, a: isRequest ? CALL : ANSWER, z: first + 1 }];
  const rules = kinds.map(({ kind, when = [] }) => ({ kind: KINDS.indexOf(kind), when }));
  const end = first + rules.reduce((sum, { when }) => sum + when.length + 1, 0) + 1;
  const ops: Instruction[] = [];
  for (const { kind, when } of rules) {
    const next = first + ops.length + when.length + 1;
    for (const condition of when) ops.push(compileTest(scope, condition, next));
    ops.push({ code: Op.KIND, a: kind, z: end });
  }
  ops.push({ code: Op.REFUSE });
  return ops;
}

function compileTest(scope: Scope, condition: Condition, otherwise: number): Instruction {
  const { writer } = scope;
  const { values, mask, width = 1, text, hex, ...place } = condition;
  if (values === undefined) {
    const bytes = literalBytes({ ...(text !== undefined && { text }), ...(hex !== undefined && { hex }) });
    return {
      code: Op.TEST_BYTES,
      a: bytes.length,
      c: place.from === "BODY" ? 1 : 0,
      x: place.at,
      y: writer.bytes(bytes),
      z: otherwise,
    };
  }
  return {
    ...numberOperands(scope, { ...place, width }),
    code: Op.TEST,
    y: writer.set(mask, values),
    z: otherwise,
  };
}

export function compileId(
  scope: Scope,
  id: Value | undefined,
  headBytes: number | undefined,
  path: FieldPath,
): Instruction[] {
  return atPlace(id) ? [{ code: Op.ID, ...headNumber(scope, id, headBytes, path) }] : [];
}

/** `first` as in `compileKind`. */
export function compileStatus(
  scope: Scope,
  { status, success }: AnswerBody,
  headBytes: number | undefined,
  path: FieldPath,
  first: number,
): Instruction[] {
  const ops: Instruction[] = [];
  if (success?.when !== undefined) {
    ops.push({ code: Op.OK, a: 0, x: 1 });
    const end = first + 1 + success.when.length + 1;
    for (const condition of success.when) ops.push(compileTest(scope, condition, end));
    ops.push({ code: Op.OK, a: 1, x: 0 });
  }
  if (atPlace(status)) ops.push({ code: Op.STATUS, ...headNumber(scope, status, headBytes, [...path, "status"]) });
  if (atPlace(status) && success?.values !== undefined) {
    ops.push({ code: Op.OK_SET, y: scope.writer.set(undefined, success.values) });
  }
  return ops;
}

/** Whether a value stands at a fixed place. */
export function atPlace(value: Value | undefined): value is Value & { readonly at: number } {
  return value?.at !== undefined;
}

function headNumber(
  scope: Scope,
  { at, width, from, byteOrder, mask }: Value & { readonly at: number },
  headBytes: number | undefined,
  path: FieldPath,
): ReturnType<typeof numberOperands> {
  if (width === undefined || width > 8) {
    const what = width === undefined ? "needs width" : `width ${width}`;
    scope.report(path, `${what}: a number has 1 to 8 bytes; of a longer one declare the 8 that tell messages apart`);
  }
  const field = {
    at,
    width: Math.min(width ?? 1, 8),
    ...(from !== undefined && { from }),
    ...(byteOrder !== undefined && { byteOrder }),
    ...(mask !== undefined && { mask }),
  };
  requireInHead(scope, field, field.width, headBytes, path);
  return numberOperands(scope, field);
}
