import {
  beginEdits,
  beginOwn,
  edit,
  editCount,
  editNumber,
  endEdits,
  endOwn,
  growth,
  lacksForEdit,
  ownRoom,
  refuseEdit,
} from "../edits";
import { KEEP_SCRATCH, keepArea } from "../keep";
import { beginRules, givesAny } from "../rules";
import { Reason, Step } from "../step";
import { countParameters } from "./descriptor";
import { FLAG_AT, HEAD_BYTES, LENGTH_AT, SERIALIZATION_MASK, STATUS_AT, STATUS_OK } from "./head";
import { expectValues, skip, skippedTo, startSkip } from "./hessian2/skip";
import { readString } from "./hessian2/string";
import { CLASS_INT, classOf, fixedBytes, intAt } from "./hessian2/tags";
import { appendMap, mutateMap } from "./mutate-map";
import { Form, formOf } from "./serialization";
import { Text, textAddress, textBytes, textEnd } from "./text";

/** The texts in front of a call's parameter types. */
const TEXTS_BEFORE_TYPES: u32 = 4;

/** What an answer's body begins with: 0 an exception, 1 a value, 2 null; and 3 more where attachments follow. */
const NULL_VALUE: i32 = 2;
const WITH_ATTACHMENTS: i32 = 3;
const LAST_FLAG: i32 = 5;
/** The int 0 of Hessian2, in one byte. */
const INT_ZERO: u32 = 0x90;

/**
 * Changes the attachments of the call at `p`, `total` bytes of which `n` are in memory: they are its last value, so all of it must be there.
 * Arguments, and attachments that no rule names, stay as they are.
 */
export function mutateRequest(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  if (!isHessian(p)) return refuseEdit(Reason.UNREADABLE_SERIALIZATION);
  if (lacksForEdit(n, total)) return Step.MORE;
  beginRules(rules);
  const end = p + total;
  startSkip();
  const types = pass(p + HEAD_BYTES, end, TEXTS_BEFORE_TYPES);
  if (!types || readString(types, end, keepArea(KEEP_SCRATCH)) != Text.READ) return refuseEdit(Reason.MALFORMED);
  const parameters = countParameters(textAddress, textBytes);
  if (parameters < 0) return refuseEdit(Reason.MALFORMED);
  const map = pass(textEnd, end, parameters);
  if (!map) return refuseEdit(Reason.MALFORMED);
  return finish(total, mutateMap(p, map, end));
}

/** The same of an answer. One that is not OK is a text, and has no attachments. */
export function mutateResponse(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  if (load<u8>(p, STATUS_AT) != STATUS_OK) return Step.DONE;
  if (!isHessian(p)) return refuseEdit(Reason.UNREADABLE_SERIALIZATION);
  if (lacksForEdit(n, total)) return Step.MORE;
  beginRules(rules);
  const end = p + total;
  const body = p + HEAD_BYTES;
  if (body == end) return refuseEdit(Reason.MALFORMED);
  const tag = <u32>load<u8>(body);
  const fixed = fixedBytes(tag);
  if (classOf(tag) != CLASS_INT || end - body < fixed) return refuseEdit(Reason.MALFORMED);
  const flag = intAt(body, tag);
  if (<u32>flag > <u32>LAST_FLAG) return refuseEdit(Reason.MALFORMED);
  startSkip();
  const map = pass(body + fixed, end, flag % WITH_ATTACHMENTS == NULL_VALUE ? 0 : 1);
  if (!map) return refuseEdit(Reason.MALFORMED);
  if (flag >= WITH_ATTACHMENTS) return finish(total, mutateMap(p, map, end));
  if (!givesAny(rules)) return Step.DONE;
  if (map != end) return refuseEdit(Reason.MALFORMED);
  beginOwn();
  const room = ownRoom(1);
  store<u8>(room, INT_ZERO + flag + WITH_ATTACHMENTS);
  endOwn(room + 1);
  edit(HEAD_BYTES, <u32>fixed);
  return finish(total, appendMap(total, 0));
}

/** Whether the rules can be carried out at the answer to the call at `p`, of which `n` bytes are in memory: as far as its own head tells. */
export function canMutateAnswer(p: usize, n: u32, rules: usize): bool {
  if (!isHessian(p)) return false;
  return !givesAny(rules) || readsAttachments(p + HEAD_BYTES, n - HEAD_BYTES);
}

/** Callers of protocol version 2.0.2 and later read attachments of answers; the others do not expect any. Before it was told they wrote their own. */
function readsAttachments(body: usize, bytes: u32): bool {
  if (bytes < 6 || load<u8>(body) != 5) return false;
  // "2.0."
  if (load<u32>(body, 1) != 0x2e302e32) return false;
  const last = <u32>load<u8>(body, 5);
  return last >= 0x32 && last <= 0x39;
}

function isHessian(p: usize): bool {
  return formOf(<u32>load<u8>(p, FLAG_AT) & SERIALIZATION_MASK) == Form.HESSIAN2;
}

/** The end of `count` values that begin at `at`; 0: they are none. */
function pass(at: usize, end: usize, count: u32): usize {
  if (!count) return at;
  expectValues(count);
  return skip(at, end, 0) == Step.DONE ? skippedTo : 0;
}

function finish(total: u32, step: Step): Step {
  if (step != Step.DONE || !editCount) return step;
  editNumber(<u32>LENGTH_AT, 4, total - HEAD_BYTES + growth);
  return endEdits();
}
