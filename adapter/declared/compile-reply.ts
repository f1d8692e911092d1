import type { FieldPath } from "../status/field-path.js";
import type { ReplyItem, WrittenNumber } from "./declaration.js";
import { type Instruction, literalBytes, Op, type Span } from "./program-writer.js";
import { formOf, isLittle, type Scope } from "./scope.js";

const MAX_REPLY_BYTES = 512;
const MAX_DEPTH = 4;
const NUMBER_BYTES = 20;
const MAX_PREFIX_BYTES = 8;

/** The bytes of the request that a reply repeats, as one piece. */
export function echoOf(items: readonly ReplyItem[]): Span {
  const spans = flat(items).flatMap(({ echo }) => (echo === undefined ? [] : [echo]));
  if (spans.length === 0) return { at: 0, bytes: 0 };
  const at = Math.min(...spans.map((one) => one.at));
  return { at, bytes: Math.max(...spans.map((one) => one.at + one.bytes)) - at };
}

export function flat(items: readonly ReplyItem[]): readonly ReplyItem[] {
  return items.flatMap((item) => [item, ...flat(item.of ?? [])]);
}

/** What the filter writes itself. */
export function compileReply(scope: Scope, items: readonly ReplyItem[], echo: Span, path: FieldPath): Instruction[] {
  const ops = compileItems(scope, items, echo, path, 0);
  const bytes = ops.reduce((sum, op) => sum + bytesOf(op), 0);
  if (bytes > MAX_REPLY_BYTES) {
    scope.report(
      path,
      `up to ${bytes} bytes besides the message: at most ${MAX_REPLY_BYTES} are written; shorten its literals`,
    );
  }
  return ops;
}

function bytesOf({ code, a = 0, y }: Instruction): number {
  if (code === Op.PUT) return typeof y === "number" ? y : 0;
  if (code === Op.PUT_ID || code === Op.PUT_CODE) return NUMBER_BYTES;
  if (code === Op.PUT_ECHO) return a;
  return code === Op.PUT_BEGIN ? MAX_PREFIX_BYTES : 0;
}

function compileItems(
  scope: Scope,
  items: readonly ReplyItem[],
  echo: Span,
  path: FieldPath,
  depth: number,
): Instruction[] {
  return items.flatMap((item, index) => compileItem(scope, item, echo, [...path, index], depth));
}

function compileItem(scope: Scope, item: ReplyItem, echo: Span, path: FieldPath, depth: number): Instruction[] {
  const { writer, report } = scope;
  const { id, code, message, length, of, text, hex } = item;
  const given = [id, code, message, item.echo, length, text ?? hex].filter((one) => one !== undefined);
  if (given.length !== 1) report(path, "needs one of text, hex, id, code, message, echo, length");
  if (id !== undefined) return [writtenNumber(scope, Op.PUT_ID, id, [...path, "id"])];
  if (code !== undefined) return [writtenNumber(scope, Op.PUT_CODE, code, [...path, "code"])];
  if (message !== undefined) return [{ code: Op.PUT_TEXT, a: message.singleLine ? 1 : 0 }];
  if (item.echo !== undefined) {
    const { at, bytes, mask = 0xff, or = 0 } = item.echo;
    return [{ code: Op.PUT_ECHO, a: bytes, x: at - echo.at, y: mask, z: or }];
  }
  if (length !== undefined) {
    if (depth === MAX_DEPTH) report(path, `lengths within lengths are counted ${MAX_DEPTH} deep`);
    if (of === undefined) report(path, "a length needs of: the items whose bytes it counts");
    const form = formOf(scope, length);
    return [
      { code: Op.PUT_BEGIN, a: form },
      ...compileItems(scope, of ?? [], echo, [...path, "of"], depth + 1),
      { code: Op.PUT_END, a: form, x: length.add ?? 0 },
    ];
  }
  const bytes = literalBytes({ ...(text !== undefined && { text }), ...(hex !== undefined && { hex }) });
  return [{ code: Op.PUT, at: writer.bytes(bytes), y: bytes.length }];
}

function writtenNumber(
  { byteOrder, report }: Scope,
  code: number,
  { width, decimal, byteOrder: own }: WrittenNumber,
  path: FieldPath,
): Instruction {
  if ((width === undefined) === !decimal) report(path, "needs width (1 to 8 bytes) or decimal: true");
  return { code, a: decimal ? 0 : (width ?? 1), b: isLittle(own ?? byteOrder) };
}
