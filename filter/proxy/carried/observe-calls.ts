import { Demand } from "../../codec/attributes";
import { decodeRequest } from "../../codec/codec";
import { Kind, message } from "../../codec/message";
import { Step } from "../../codec/step";
import { Buffer, fetchInto } from "../../host/buffer";
import { asciiOf } from "../../memory/ascii";
import { MAX_CALLS_PER_CONNECTION } from "../../memory/limits";
import { intern, Name } from "../../memory/name";
import { nameOf, Table, virtualHostOf } from "../../route/table";
import { addCall, takeOldestCall } from "../call";
import { CloseReason } from "../label";
import { beginRead, fetchTo, read, readTime_us } from "../read";
import { countCall, STATUS_ONE_WAY, STATUS_UNANSWERED, seriesOf, seriesOfMessage, takesSample } from "../series";
import { traceCall, tracing } from "../trace";
import { Carried, closeCarried, dropKept, reserveKept } from "./carried";

/** Nothing is asked of a call but what it is called: all builtins are -1. */
const nothing: Demand = noDemand();
/** Service and method of calls that no virtual host has, or that cannot be read: what peers invent becomes no time series. */
const other: usize = asciiOf("other");
const OTHER_BYTES: u32 = 5;
const otherName: Name = intern(other, OTHER_BYTES);
/** Least that is added to the kept beginning of a message, where there is so much: each of its texts says only how long itself is. */
const STEP_BYTES: u32 = 256;

function noDemand(): Demand {
  const demand = heap.alloc(offsetof<Demand>());
  memory.fill(demand, 0xff, offsetof<Demand>());
  changetype<Demand>(demand).slotCount = 0;
  changetype<Demand>(demand).namedCount = 0;
  changetype<Demand>(demand).namedLengths = 0;
  changetype<Demand>(demand).placedCount = 0;
  return changetype<Demand>(demand);
}

/**
 * Mode `observe`: takes note of the calls in the `bytes` of the client that are in the read buffer, all of which go on. Only the
 * heads of messages are looked at; one that is cut by the end of the read is kept until it is whole. False: closing.
 */
export function observeCalls(carried: Carried, bytes: u32): bool {
  if (carried.closing != CloseReason.NONE) return false;
  const passed = min<u32>(carried.messageRest, bytes);
  carried.messageRest -= passed;
  if (passed == bytes) return true;
  const table = carried.listener.table;
  if (!table || !carried.upstream) {
    closeCarried(carried, CloseReason.NOT_CONFIGURED);
    return false;
  }
  beginRead(bytes);
  read.at = passed;
  while (read.at < read.size) {
    const before = carried.blockBytes;
    const step = before ? decodeKept(carried, table) : decodeHere(carried, table);
    if (step == Step.MORE) return carried.closing == CloseReason.NONE;
    if (step == Step.BAD && !message.framed) {
      closeCarried(carried, message.reason);
      return false;
    }
    if (message.kind <= Kind.ONE_WAY) note(carried, table, step == Step.DONE);
    if (before) dropKept(carried);
    const rest = message.total - before;
    const here = min<u32>(rest, read.size - read.at);
    read.at += here;
    carried.messageRest = rest - here;
  }
  return true;
}

/** Decodes the message at `read.at`. Step.MORE: it is cut by the end of the read, and what is here of it was kept. */
function decodeHere(carried: Carried, table: Table): Step {
  if (read.at >= read.memoryBytes) fetchTo(read.at + 1);
  let step = decode(carried, table, read.memory + read.at, read.memoryBytes - read.at);
  while (step == Step.MORE && message.need <= read.size - read.at) {
    fetchTo(read.at + message.need);
    step = decode(carried, table, read.memory + read.at, read.memoryBytes - read.at);
  }
  if (step != Step.MORE) return step;
  carried.wanted = message.need;
  keep(carried, read.at, read.size - read.at);
  return step;
}

/** The same of a message that began in a former read: to what was kept is added what has come. */
function decodeKept(carried: Carried, table: Table): Step {
  let at = read.at;
  while (at < read.size) {
    const missing = max<u32>(carried.wanted - min(carried.wanted, carried.blockBytes), STEP_BYTES);
    const here = min<u32>(missing, read.size - at);
    if (!keep(carried, at, here)) return Step.MORE;
    at += here;
    if (carried.blockBytes < carried.wanted) continue;
    const step = decode(carried, table, carried.block, carried.blockBytes);
    if (step != Step.MORE) return step;
    carried.wanted = message.need;
  }
  return Step.MORE;
}

function decode(carried: Carried, table: Table, bytes: usize, length: u32): Step {
  const limit = table.maxMessageBytes;
  return decodeRequest(carried.protocol, carried.codec, bytes, length, limit, nothing, message);
}

/** False: no more may be kept, and the connection is closed. */
function keep(carried: Carried, at: u32, bytes: u32): bool {
  if (!reserveKept(carried, carried.blockBytes + bytes)) {
    closeCarried(carried, CloseReason.MEMORY_LIMIT);
    return false;
  }
  if (!fetchInto(Buffer.DOWNSTREAM, at, bytes, carried.block + carried.blockBytes)) return false;
  carried.blockBytes += bytes;
  return true;
}

/** The call in `message` is on its way. */
function note(carried: Carried, table: Table, readable: bool): void {
  const upstream = carried.upstream!;
  if (tracing && readable) traceCall(carried.traceId, null, upstream.cluster, null);
  const host = readable ? virtualHostOf(table, message.service, message.serviceBytes) || table.anyService : null;
  const series = host
    ? seriesOfMessage(carried.listener, nameOf(table, host), upstream.cluster)
    : seriesOf(carried.listener, otherName, other, OTHER_BYTES, upstream.cluster);
  if (message.kind == Kind.ONE_WAY) {
    countCall(series, STATUS_ONE_WAY);
    return;
  }
  if (upstream.callCount == MAX_CALLS_PER_CONNECTION) countCall(takeOldestCall(upstream)!.series, STATUS_UNANSWERED);
  if (message.ordered) carried.ordered = true;
  // Its turn is that of its place among the calls of the one upstream.
  addCall(upstream, series, 0, takesSample(series) ? readTime_us() : 0);
}
