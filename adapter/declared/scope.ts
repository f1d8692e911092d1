import type { Report } from "../resource/report.js";
import type { FieldPath } from "../status/field-path.js";
import type { ByteOrder, LengthForm, NumberField } from "./declaration.js";
import { Form, type Pooled, type ProgramWriter } from "./program-writer.js";

/** What all parts of a compilation share. */
export interface Scope {
  readonly writer: ProgramWriter;
  readonly byteOrder: ByteOrder;
  /** Says what cannot work: at which field, why, and what to write instead. */
  readonly report: Report;
}

/** The operands of an op that reads a number at a fixed place. */
export function numberOperands(
  { writer, byteOrder }: Scope,
  field: NumberField,
): { readonly a: number; readonly b: number; readonly c: number; readonly x: number; readonly y: Pooled | number } {
  return {
    a: field.width,
    b: isLittle(field.byteOrder ?? byteOrder),
    c: field.from === "BODY" ? 1 : 0,
    x: field.at,
    y: writer.mask(field.mask) ?? 0,
  };
}

export function isLittle(order: ByteOrder): number {
  return order === "LITTLE" ? 1 : 0;
}

/** How a length is written. */
export function formOf({ byteOrder }: Scope, form: LengthForm & { readonly hessian?: boolean | undefined }): number {
  if (form.varint) return Form.VARINT;
  if (form.hessian) return Form.HESSIAN;
  return (form.prefix ?? 4) | (isLittle(form.byteOrder ?? byteOrder) ? Form.LITTLE : 0);
}

/** A number at a fixed place must lie in the head: what is behind it may not have come. */
export function requireInHead(
  { report }: Scope,
  field: { readonly at: number; readonly from?: "MESSAGE" | "BODY" | undefined },
  bytes: number,
  headBytes: number | undefined,
  path: FieldPath,
): void {
  if (headBytes === undefined || field.from === "BODY" || field.at + bytes <= headBytes) return;
  report(
    path,
    `bytes ${field.at} to ${field.at + bytes - 1} do not lie in the head of ${headBytes} bytes: make headBytes ${field.at + bytes}, or read them as a part behind the head`,
  );
}
