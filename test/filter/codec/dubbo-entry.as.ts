/** The codec as tests drive it: its exports, and the registers it fills. */
import { addNamed, Demand, NAMED_ENTRY_BYTES, slotAddress, slotLength } from "../../../filter/codec/attributes";
import * as codec from "../../../filter/codec/dubbo/codec";
import { message } from "../../../filter/codec/message";
import { reasonText } from "../../../filter/codec/reason";
import { ReplyCode } from "../../../filter/codec/reply";
import { Step } from "../../../filter/codec/step";
import { writeAscii } from "../../../filter/memory/ascii";

export { slotAddress, slotLength };

const label: usize = memory.data(64);

export function reasonLabel(reason: i32): usize {
  writeAscii(label, reasonText(reason));
  return label;
}

export function reasonLabelBytes(reason: i32): u32 {
  return reasonText(reason).length;
}

export const headBytes: u32 = codec.HEAD_BYTES;
export const errorOverheadBytes: u32 = codec.ERROR_OVERHEAD_BYTES;

const demand: Demand = changetype<Demand>(heap.alloc(offsetof<Demand>()));
const NAME_BYTES: usize = 64;
const names: usize = heap.alloc(64 * NAME_BYTES);

/** Where the test writes the name of the next attribute to demand. */
export function nextName(): usize {
  return names + <usize>demand.slotCount * NAME_BYTES;
}

export function clearDemand(): void {
  demand.slotCount = 0;
  for (let i: usize = 0; i < 8; i++) {
    store<i32>(changetype<usize>(demand) + (i << 2), -1, offsetof<Demand>("builtin0"));
  }
  demand.namedCount = 0;
  demand.namedLengths = 0;
  if (!demand.named) demand.named = heap.alloc(64 * NAMED_ENTRY_BYTES);
}

/** Demands the attribute whose name is at `nextName()`, and returns its slot. */
export function demandName(bytes: u32): i32 {
  const name = nextName();
  const slot = demand.slotCount++;
  const builtin = codec.builtinOf(name, bytes);
  if (builtin >= 0) {
    store<i32>(changetype<usize>(demand) + ((<usize>builtin) << 2), slot, offsetof<Demand>("builtin0"));
    return slot;
  }
  addNamed(demand, name, bytes, slot);
  return slot;
}

export function decodeRequest(p: usize, n: u32, maxMessageBytes: u32): Step {
  return codec.decodeRequest(p, n, maxMessageBytes, demand, message);
}

export function scanRequest(p: usize, n: u32): Step {
  return codec.scanRequest(p, n, demand, message);
}

export function decodeResponse(p: usize, n: u32): Step {
  return codec.decodeResponse(p, n, message);
}

export function writeError(out: usize, id: u64, dialect: u32, code: ReplyCode, text: usize, textBytes: u32): u32 {
  return codec.writeError(out, id, dialect, code, text, textBytes);
}

export function writeHeartbeatAnswer(out: usize, id: u64, dialect: u32): u32 {
  return codec.writeHeartbeatAnswer(out, id, dialect);
}

export function writeGoingAway(out: usize): u32 {
  return codec.writeGoingAway(out);
}

/** Decodes the same bytes again and again, for the speed test. */
export function decodeRequestTimes(p: usize, n: u32, times: u32): void {
  for (let i: u32 = 0; i < times; i++) codec.decodeRequest(p, n, u32.MAX_VALUE, demand, message);
}

export function kind(): i32 {
  return message.kind;
}
export function total(): u32 {
  return message.total;
}
export function id(): u64 {
  return message.id;
}
export function need(): u32 {
  return message.need;
}
export function scanAt(): u32 {
  return message.scanAt;
}
export function reason(): i32 {
  return message.reason;
}
export function framed(): bool {
  return message.framed;
}
export function dialect(): u32 {
  return message.dialect;
}
export function status(): u32 {
  return message.status;
}
export function ok(): bool {
  return message.ok;
}
export function service(): usize {
  return message.service;
}
export function serviceBytes(): u32 {
  return message.serviceBytes;
}
export function method(): usize {
  return message.method;
}
export function methodBytes(): u32 {
  return message.methodBytes;
}
