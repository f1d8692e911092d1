import type { Report } from "../resource/report.js";
import type { FieldPath } from "../status/field-path.js";
import { compileBody, type Use } from "./compile-body.js";
import { atPlace, compileFrame, compileId, compileKind, compileStatus, headBytesOf } from "./compile-head.js";
import { compileReply, echoOf, flat } from "./compile-reply.js";
import type { AnswerBody, Declaration, Frame, KindRule, Value } from "./declaration.js";
import { type Instruction, Op, ProgramWriter, Target, Want } from "./program-writer.js";
import type { Scope } from "./scope.js";

export const MAX_ATTRIBUTES = 16;
const MAX_DIALECT_BYTES = 4;
const MAX_ECHO_BYTES = 512;
/** What error replies say where no code is declared. */
/** What a route does to a call has the number of what comes closest, unless it is given one. */
const DEFAULT_CODES = { notFound: 1, badRequest: 2, upstreamFailure: 3, overloaded: 4 };

/** The program of a declared protocol. Undefined: it cannot work, and why was reported, by fields from `spec` on. */
export function compile(declaration: Declaration, reportTo: Report): Uint8Array | undefined {
  let isGood = true;
  const report: Report = (path, reason, cause) => {
    isGood = false;
    reportTo(path, reason, cause);
  };
  const writer = new ProgramWriter();
  const scope: Scope = { writer, report, byteOrder: declaration.byteOrder ?? "BIG" };
  const { call = {}, answer = {}, replies, ordered = false } = declaration;
  checkLiterals(declaration, ["spec"], report);
  checkWhole(declaration, report);
  const answerFrame = answer.frame ?? declaration.frame;
  const error = echoOf(replies.error);
  const dialect = echoOf(replies.heartbeat ?? []);
  const sections = [
    compileHead(scope, declaration, true, 0),
    [],
    compileBody(scope, call.parts ?? [], callUses(declaration), headBytesOf(declaration.frame), [
      "spec",
      "call",
      "parts",
    ]),
    compileAnswerBody(scope, declaration, answerFrame),
    compileReply(scope, replies.error, error, ["spec", "replies", "error"]),
    compileReply(scope, replies.heartbeat ?? [], dialect, ["spec", "replies", "heartbeat"]),
    compileReply(scope, replies.goingAway ?? [], { at: 0, bytes: 0 }, ["spec", "replies", "goingAway"]),
  ];
  sections[1] = compileHead(scope, declaration, false, sections[0]?.length ?? 0);
  const codes = { ...DEFAULT_CODES, ...replies.codes };
  const program = writer.write({
    sections,
    names: (call.attributes ?? []).map(({ name }) => name),
    echo: error,
    dialect,
    codes: [
      codes.notFound,
      codes.badRequest,
      codes.upstreamFailure,
      codes.overloaded,
      codes.timeout ?? codes.upstreamFailure,
      codes.rateLimited ?? codes.overloaded,
      codes.aborted ?? codes.upstreamFailure,
    ],
    deniedCode: codes.denied ?? 0,
    ordered,
  });
  return isGood ? program : undefined;
}

function compileHead(scope: Scope, declaration: Declaration, isRequest: boolean, first: number): Instruction[] {
  const { frame, kinds, answer = {} } = declaration;
  const own = isRequest ? frame : (answer.frame ?? frame);
  const path = isRequest || answer.frame === undefined ? ["spec", "frame"] : ["spec", "answer", "frame"];
  const headBytes = headBytesOf(own);
  const quiet = { ...scope, ...(isRequest || answer.frame !== undefined ? {} : { report: () => {} }) };
  const ops = compileFrame(quiet, own, path);
  ops.push(...compileKind(scope, kinds, isRequest, first + ops.length));
  const id = isRequest ? declaration.id : (answer.id ?? declaration.id);
  const idPath = isRequest || answer.id === undefined ? ["spec", "id"] : ["spec", "answer", "id"];
  ops.push(
    ...compileId(
      isRequest || answer.id !== undefined || answer.frame !== undefined ? scope : quiet,
      id,
      headBytes,
      idPath,
    ),
  );
  if (!isRequest) ops.push(...compileStatus(scope, answer, headBytes, ["spec", "answer"], first + ops.length));
  return ops;
}

function callUses({ id, call = {} }: Declaration): readonly Use[] {
  const path = ["spec", "call"];
  return [
    ...inBody(id, Target.ID, Want.ID, ["spec", "id"]),
    ...use(call.service, Target.SERVICE, Want.NAMES, [...path, "service"]),
    ...use(call.method, Target.METHOD, Want.NAMES, [...path, "method"]),
    ...(call.attributes ?? []).slice(0, MAX_ATTRIBUTES).map((value, index): Use => {
      return { value, target: Target.ATTRIBUTE + index, want: 1 << index, path: [...path, "attributes", index] };
    }),
    ...(call.maps ?? []).map((value, index): Use => {
      return { value, target: undefined, want: Want.NAMED, path: [...path, "maps", index] };
    }),
  ];
}

function use(value: Value | undefined, target: number, want: number, path: FieldPath): readonly Use[] {
  return value === undefined ? [] : [{ value, target, want, path }];
}

/** What stands at a fixed place of the head is read with it. */
function inBody(value: Value | undefined, target: number, want: number, path: FieldPath): readonly Use[] {
  return value === undefined || atPlace(value) ? [] : [{ value, target, want, path }];
}

function compileAnswerBody(scope: Scope, { id, answer = {} }: Declaration, frame: Frame): Instruction[] {
  const { parts = [], status, success } = answer;
  const path = ["spec", "answer"];
  const idPath = answer.id === undefined ? ["spec", "id"] : [...path, "id"];
  const uses = [
    ...inBody(answer.id ?? id, Target.ID, Want.ID, idPath),
    ...inBody(status, Target.STATUS, Want.STATUS, [...path, "status"]),
  ];
  const ops = compileBody(scope, parts, uses, headBytesOf(frame), [...path, "parts"]);
  if (status !== undefined && !atPlace(status) && success?.values !== undefined) {
    ops.push({ code: Op.OK_SET, y: scope.writer.set(undefined, success.values), z: Want.STATUS });
  }
  return ops;
}

/** What concerns several fields. */
function checkWhole({ id, ordered, kinds, frame, call = {}, answer = {}, replies }: Declaration, report: Report): void {
  checkFrame(frame, ["spec", "frame"], report);
  if (answer.frame !== undefined) checkFrame(answer.frame, ["spec", "answer", "frame"], report);
  if (id === undefined && !ordered) {
    report(
      ["spec"],
      "id is missing: say where a message has the id that joins an answer to its call, or ordered: true if answers come in the order of calls",
    );
  }
  if (id !== undefined && ordered) {
    report(["spec", "ordered"], "answers are matched by id or by their order, not by both: leave one out");
  }
  if (ordered && replies.goingAway !== undefined) {
    report(
      ["spec", "replies", "goingAway"],
      "where answers come in the order of calls there is no place for it: leave it out",
    );
  }
  if (id !== undefined && !ordered && !flat(replies.error).some((item) => item.id !== undefined)) {
    report(
      ["spec", "replies", "error"],
      "answers are matched by id, so the error reply needs an item id, or no caller would take it",
    );
  }
  checkKinds(kinds, answer, replies.heartbeat !== undefined, report);
  if ((call.attributes?.length ?? 0) > MAX_ATTRIBUTES) {
    report(
      ["spec", "call", "attributes"],
      `${call.attributes?.length} names: at most ${MAX_ATTRIBUTES}; read further ones as keys of a map`,
    );
  }
  if (echoOf(replies.error).bytes > MAX_ECHO_BYTES) {
    report(
      ["spec", "replies", "error"],
      `what is echoed reaches over ${echoOf(replies.error).bytes} bytes of the call: at most ${MAX_ECHO_BYTES} are kept`,
    );
  }
  if (echoOf(replies.heartbeat ?? []).bytes > MAX_DIALECT_BYTES) {
    report(
      ["spec", "replies", "heartbeat"],
      `what is echoed reaches over ${echoOf(replies.heartbeat ?? []).bytes} bytes of the heartbeat: at most ${MAX_DIALECT_BYTES} are kept`,
    );
  }
  if (flat(replies.error).filter(({ message }) => message !== undefined).length > 1) {
    report(["spec", "replies", "error"], "message stands in it twice: once is all there is room for");
  }
  for (const field of ["heartbeat", "goingAway"] as const) {
    if (flat(replies[field] ?? []).some(({ message }) => message !== undefined)) {
      report(["spec", "replies", field], "there is no message in it: leave the item out");
    }
  }
}

function checkFrame({ length, line, headBytes }: Frame, path: FieldPath, report: Report): void {
  if ((length === undefined) === (line === undefined)) {
    report(path, "needs length (a number says how long a message is) or line (it ends with a mark), one of them");
  }
  if (line !== undefined && headBytes !== undefined) report([...path, "headBytes"], "a line has no head: leave it out");
}

function checkKinds(
  kinds: readonly KindRule[] | undefined,
  { success, status }: AnswerBody,
  answersHeartbeats: boolean,
  report: Report,
): void {
  const has = (kind: KindRule["kind"]): boolean => kinds === undefined || kinds.some((rule) => rule.kind === kind);
  const path = ["spec", "kinds"];
  if (!has("CALL")) report(path, "no rule says which message is a CALL");
  if (!has("ANSWER")) report(path, "no rule says which message is an ANSWER");
  if (kinds !== undefined && has("HEARTBEAT") && !answersHeartbeats) {
    report(
      ["spec", "replies"],
      "heartbeat is missing: there are messages of kind HEARTBEAT, which the filter answers; or call them NOTICE",
    );
  }
  const always = kinds?.findIndex(({ when }) => when === undefined || when.length === 0) ?? -1;
  if (kinds !== undefined && always >= 0 && always < kinds.length - 1) {
    report(
      [...path, always + 1],
      `never taken: the rule before it, ${kinds[always]?.kind} without when, takes every message`,
    );
  }
  if (success?.values !== undefined && status === undefined) {
    report(["spec", "answer", "success", "values"], "values of what? say by status where the number is");
  }
  for (const [index, { when = [] }] of (kinds ?? []).entries()) checkConditions(when, [...path, index, "when"], report);
  checkConditions(success?.when ?? [], ["spec", "answer", "success", "when"], report);
}

function checkConditions(conditions: NonNullable<KindRule["when"]>, path: FieldPath, report: Report): void {
  for (const [index, { values, width, text, hex }] of conditions.entries()) {
    const isNumber = values !== undefined && width !== undefined;
    if (isNumber === (text !== undefined || hex !== undefined)) {
      report([...path, index], "needs width and values (a number), or text, or hex");
    }
  }
}

const HEX = /^\s*([0-9a-fA-F]{2}\s*){1,255}$/;

/** Bytes are given as a text or in hexadecimal digits, wherever they stand. */
function checkLiterals(value: unknown, path: FieldPath, report: Report): void {
  if (typeof value !== "object" || value === null) return;
  const { text, hex } = value as { readonly text?: unknown; readonly hex?: unknown };
  if (text !== undefined && hex !== undefined) report(path, "text and hex are both there: write one of them");
  if (typeof hex === "string" && !HEX.test(hex)) {
    report([...path, "hex"], `${JSON.stringify(hex)}: must be hexadecimal digits, two for each byte`);
  }
  for (const [key, one] of Object.entries(value))
    checkLiterals(one, [...path, Array.isArray(value) ? Number(key) : key], report);
}
