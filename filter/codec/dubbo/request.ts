import { SCAN_WINDOW_BYTES } from "../../memory/limits";
import { clearSlots, Demand, fillBuiltin } from "../attributes";
import { KEEP_METHOD, KEEP_SCRATCH, KEEP_SERVICE, KEEP_VERSION, keepAll, keepArea } from "../keep";
import { Kind, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";
import { attachmentsAt, attachmentsReason, readAttachments, startAttachments } from "./attachments";
import { INTERFACE, METHOD, VERSION } from "./attributes";
import { countParameters } from "./descriptor";
import { decodeEvent, decodeHead, HEAD_BYTES } from "./head";
import { passPlainValues, valuesLeft } from "./hessian2/skip";
import { KnownPrefix, keepPrefix, knownPrefix, notesOf } from "./known-prefix";
import { readText } from "./prefix";
import { Form, formOf } from "./serialization";
import { Text, textAddress, textBytes, textEnd, textNeed } from "./text";

/**
 * Decodes what a client sent: its first `n` bytes are at `p`. The body of a call is
 *
 *     dubbo version, interface, version, method, parameter types : texts
 *     the arguments                                              : a value each
 *     the attachments                                            : a map
 *
 * and nothing behind the last text that is asked for is looked at. Arguments are passed only on the way to attachments, and only
 * in Hessian2; in other serializations attachments are absent.
 */
export function decodeRequest(p: usize, n: u32, maxMessageBytes: u32, demand: Demand, message: Message): Step {
  clearSlots(demand.slotCount);
  const step = decodeHead(p, n, maxMessageBytes, message);
  if (step != Step.DONE) return step;
  if (message.kind == Kind.EVENT) return decodeEvent(p, n, message);
  if (message.kind > Kind.ONE_WAY) return Step.DONE;
  return decodeCall(p, n, demand, message);
}

/** The end of the texts, with DONE from `decodePrefix`. */
let prefixEnd: usize = 0;
/** The version that it read; 0 if there is none. */
let versionText: usize = 0;
let versionTextBytes: u32 = 0;

function decodeCall(p: usize, n: u32, demand: Demand, message: Message): Step {
  const form = formOf(message.dialect);
  const wantsAttachments = demand.namedCount > 0 && form == Form.HESSIAN2;
  const end = p + min(n, message.total);
  // The texts lie in the first window; what of them lies behind it is not waited for.
  const textsEnd = min(end, p + SCAN_WINDOW_BYTES);
  const body = p + HEAD_BYTES;
  const known = form == Form.HESSIAN2 ? knownPrefix(body, textsEnd) : null;
  if (known) {
    useKnown(known, body, demand, message);
    return wantsAttachments ? decodeTail(body + known.bytes, p, end, known.parameterCount, demand, message) : Step.DONE;
  }
  const step = decodePrefix(p, textsEnd, form, demand, message);
  if (step != Step.DONE || form != Form.HESSIAN2) return step;
  const text = readText(form, prefixEnd, textsEnd, keepArea(KEEP_SCRATCH));
  const parameters = text == Text.READ ? countParameters(textAddress, textBytes) : -1;
  if (parameters >= 0) learn(body, textEnd, parameters, message);
  if (!wantsAttachments) return Step.DONE;
  if (text != Text.READ) return unread(text, p, textsEnd, prefixEnd, message);
  if (parameters < 0) return refuse(message, Reason.MALFORMED);
  return decodeTail(textEnd, p, end, parameters, demand, message);
}

/** Fills what `decodePrefix` would. */
function useKnown(known: KnownPrefix, body: usize, demand: Demand, message: Message): void {
  message.notes = notesOf(known);
  message.service = body + known.serviceAt;
  message.serviceBytes = known.serviceBytes;
  message.method = body + known.methodAt;
  message.methodBytes = known.methodBytes;
  fillBuiltin(demand, INTERFACE, message.service, message.serviceBytes);
  fillBuiltin(demand, METHOD, message.method, message.methodBytes);
  const version = known.versionAt ? body + known.versionAt : 0;
  fillBuiltin(demand, VERSION, version, known.versionBytes);
}

/** Keeps the texts that were read, for the next call that begins like this one. */
function learn(body: usize, end: usize, parameterCount: u32, message: Message): void {
  const method = message.method;
  const service = message.service;
  // A text that had to be put together does not lie in the message.
  if (service < body || service >= end || method < body || method >= end) return;
  if (versionText && (versionText < body || versionText >= end)) return;
  const known = keepPrefix(body, <u32>(end - body));
  if (!known) return;
  known.serviceAt = <u32>(service - body);
  known.serviceBytes = message.serviceBytes;
  known.versionAt = versionText ? <u32>(versionText - body) : 0;
  known.versionBytes = versionTextBytes;
  known.methodAt = <u32>(method - body);
  known.methodBytes = message.methodBytes;
  known.parameterCount = parameterCount;
  message.notes = notesOf(known);
}

/** What lies behind the texts, at `at`. */
function decodeTail(at: usize, p: usize, end: usize, parameters: u32, demand: Demand, message: Message): Step {
  // Most arguments are plain and there.
  at = passPlainValues(at, end, parameters, true);
  startAttachments(valuesLeft);
  const rest = message.total - <u32>(end - p);
  const found = readAttachments(at, end, rest, false, demand);
  if (found == Step.DONE) return Step.DONE;
  if (found == Step.BAD) return refuse(message, attachmentsReason);
  keepAll(demand.slotCount, message);
  message.scanAt = <u32>(attachmentsAt - p);
  return Step.SCAN;
}

/** Reads the texts up to the method. */
function decodePrefix(p: usize, end: usize, form: Form, demand: Demand, message: Message): Step {
  let at = p + HEAD_BYTES;
  let text = readText(form, at, end, keepArea(KEEP_SCRATCH));
  if (text > Text.NULL) return unread(text, p, end, at, message);

  at = textEnd;
  text = readText(form, at, end, keepArea(KEEP_SERVICE));
  if (text != Text.READ) return unread(text, p, end, at, message);
  message.service = textAddress;
  message.serviceBytes = textBytes;
  fill(demand, INTERFACE);

  // A service without a version has none here, or "0.0.0".
  at = textEnd;
  text = readText(form, at, end, keepArea(KEEP_VERSION));
  if (text > Text.NULL) return unread(text, p, end, at, message);
  versionText = textAddress;
  versionTextBytes = textBytes;
  fill(demand, VERSION);

  at = textEnd;
  text = readText(form, at, end, keepArea(KEEP_METHOD));
  if (text != Text.READ) return unread(text, p, end, at, message);
  message.method = textAddress;
  message.methodBytes = textBytes;
  fill(demand, METHOD);
  prefixEnd = textEnd;
  return Step.DONE;
}

function fill(demand: Demand, builtin: i32): void {
  fillBuiltin(demand, builtin, textAddress, textBytes);
}

/** What follows when the text at `at` was not read. */
function unread(text: Text, p: usize, end: usize, at: usize, message: Message): Step {
  switch (text) {
    case Text.MORE: {
      const inMemory = <u32>(end - p);
      if (inMemory == message.total) return refuse(message, Reason.MALFORMED);
      const need = <u32>(at - p) + textNeed;
      if (need > SCAN_WINDOW_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG);
      message.need = min(max(need, inMemory + 1), message.total);
      return Step.MORE;
    }
    case Text.TOO_LONG:
      return refuse(message, Reason.ATTRIBUTE_TOO_LONG);
    case Text.UNREADABLE:
      return refuse(message, Reason.UNREADABLE_SERIALIZATION);
    default:
      return refuse(message, Reason.MALFORMED);
  }
}

/**
 * Goes on where `decodeRequest` or the last scan of the same message stopped: `p` holds the `n` bytes of the message from
 * `message.scanAt` on. A window of SCAN_WINDOW_BYTES, or of the rest of the message, always gets further.
 */
export function scanRequest(p: usize, n: u32, demand: Demand, message: Message): Step {
  const left = message.total - message.scanAt;
  const inMemory = min(n, left);
  const step = readAttachments(p, p + inMemory, left - inMemory, true, demand);
  if (step == Step.DONE) return step;
  if (step == Step.BAD) return refuse(message, attachmentsReason);
  message.scanAt += <u32>(attachmentsAt - p);
  return Step.SCAN;
}
