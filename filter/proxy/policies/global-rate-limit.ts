import { slotAddress, slotLength } from "../../codec/attributes";
import { message } from "../../codec/message";
import { ReplyCode } from "../../codec/reply";
import {
  DESCRIPTOR_OVERHEAD_BYTES,
  entryBytes,
  writeDescriptor,
  writeDomain,
  writeEntry,
} from "../../encoding/rate-limit-service";
import { MAX_ASK_BYTES, MAX_HELD_MESSAGE_BYTES } from "../../memory/limits";
import { Name } from "../../memory/name";
import { Descriptor, Entry, GlobalRateLimit } from "../../route/policies/global-rate-limit";
import { anyHolds } from "../../route/policies/rate-limit";
import { Connection } from "../connection";
import { Count } from "../count";
import { heldCall, hold, isWhole } from "../hold";
import { Lead } from "../lead";
import { count } from "../listener";
import { readTime_ms } from "../read";
import { addName, addText, beginText } from "../reply";
import { addNumber, addWord, beginLine, endLine, tracing } from "../trace";
import { Ask, askIfIdle, askOf, awaitAnswer, isOverLimit, Verdict } from "./ask";
import { refuse } from "./refuse";
import { Stage } from "./stage";

const request: usize = memory.data(16384); // MAX_ASK_BYTES
let requestBytes: u32 = 0;

/** Asks the service about the call in `message`; Lead.READY: it goes on, by what the service has said, or because it need not be asked. */
export function limitGlobally(connection: Connection, limit: GlobalRateLimit, host: Name): Lead {
  const held = heldCall(connection);
  if (held && held.verdict != Verdict.NONE) {
    const verdict = held.verdict;
    held.verdict = Verdict.NONE;
    return decide(connection, limit, host, verdict);
  }
  if (!writeRequest(limit)) return decide(connection, limit, host, Verdict.FAILED);
  // No descriptor speaks of the call.
  if (!requestBytes) return Lead.READY;
  const ask = askOf(limit.cluster, limit.clusterBytes, request, requestBytes, limit.timeout_ms);
  if (!ask) return decide(connection, limit, host, Verdict.FAILED);
  if (isOverLimit(ask, readTime_ms())) return decide(connection, limit, host, Verdict.LIMITED);
  // Only what is here as a whole can be kept aside, so that the connection goes on.
  return isWhole(connection, MAX_HELD_MESSAGE_BYTES) ? wait(connection, ask) : Lead.LATER;
}

function wait(connection: Connection, ask: Ask): Lead {
  const lead = hold(connection, Stage.LIMIT_GLOBALLY, 0, "RL");
  // One that was not held before is the last in its list.
  const kept = heldCall(connection) || connection.lastWaiting;
  if (kept) awaitAnswer(ask, kept);
  askIfIdle(ask, connection.id);
  return lead;
}

function decide(connection: Connection, limit: GlobalRateLimit, host: Name, verdict: Verdict): Lead {
  if (verdict == Verdict.ALLOWED) {
    count(connection.listener, Count.ALLOWED_GLOBALLY);
    return Lead.READY;
  }
  const failed = verdict == Verdict.FAILED;
  count(connection.listener, failed ? Count.LIMIT_FAILED : Count.LIMITED_GLOBALLY);
  if (tracing) traceVerdict(connection.traceId, failed);
  if (failed && !limit.failureModeDeny) return Lead.READY;
  beginText();
  if (failed) addText("meltemi: no answer of the rate limit service of ");
  else addText("meltemi: more calls than the global rate limit of ");
  addName(host);
  if (!failed) addText(" allows");
  refuse(connection, ReplyCode.RATE_LIMITED, 0);
  return Lead.REFUSED;
}

/** Writes what is to be asked, 0 bytes if it is nothing. False: it is too long. */
function writeRequest(limit: GlobalRateLimit): bool {
  let out = writeDomain(request, limit.domain, limit.domainBytes);
  let sent = false;
  let descriptor = limit.descriptors;
  while (descriptor) {
    if (anyHolds(descriptor.match)) {
      const bytes = bytesOf(descriptor);
      if (out + bytes + DESCRIPTOR_OVERHEAD_BYTES > request + MAX_ASK_BYTES) return false;
      if (bytes) {
        out = writeEntries(writeDescriptor(out, bytes), descriptor);
        sent = true;
      }
    }
    descriptor = descriptor.next;
  }
  requestBytes = sent ? <u32>(out - request) : 0;
  return true;
}

/** Of the descriptor's entries for the call whose attributes are in their slots; 0: it has not got all of them, or none. */
function bytesOf(descriptor: Descriptor): u32 {
  let bytes: u32 = 0;
  let entry = descriptor.entries;
  while (entry) {
    if (isThere(entry)) bytes += entryBytes(entry.keyBytes, lengthOf(entry));
    else if (!entry.skipIfAbsent) return 0;
    entry = entry.next;
  }
  return bytes;
}

function writeEntries(out: usize, descriptor: Descriptor): usize {
  let entry = descriptor.entries;
  while (entry) {
    if (isThere(entry)) {
      const value = entry.slot >= 0 ? slotAddress(entry.slot) : entry.value;
      out = writeEntry(out, entry.key, entry.keyBytes, value, lengthOf(entry));
    }
    entry = entry.next;
  }
  return out;
}

/** A value that is empty is none to the service. */
function isThere(entry: Entry): bool {
  return lengthOf(entry) != 0;
}

function lengthOf(entry: Entry): u32 {
  if (entry.slot < 0) return entry.valueBytes;
  return slotAddress(entry.slot) ? slotLength(entry.slot) : 0;
}

function traceVerdict(connection: u64, failed: bool): void {
  beginLine(connection, "rate_limited");
  addNumber(" id=", message.id);
  addWord(" kind=", "global");
  addWord(" flags=", failed ? "RLSE" : "RL");
  endLine();
}
