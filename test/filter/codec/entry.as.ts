/** The codecs as tests drive them: what the registry exports, and the registers it fills. */
import {
  addNamed,
  addPlaced,
  BUILTINS,
  Demand,
  NAMED_ENTRY_BYTES,
  PLACED_ENTRY_BYTES,
  slotAddress,
  slotLength,
} from "../../../filter/codec/attributes";
import { caller } from "../../../filter/codec/caller";
import * as codec from "../../../filter/codec/codec";
import { verify } from "../../../filter/codec/declared/codec";
import * as edits from "../../../filter/codec/edits";
import { message } from "../../../filter/codec/message";
import { reasonText } from "../../../filter/codec/reason";
import { ReplyCode } from "../../../filter/codec/reply";
import { Step } from "../../../filter/codec/step";
import { writeAscii } from "../../../filter/memory/ascii";
import { dropState, State } from "../../../filter/memory/state";

export { slotAddress, slotLength };

const label: usize = memory.data(64);

export function reasonLabel(reason: i32): usize {
  writeAscii(label, reasonText(reason));
  return label;
}

export function reasonLabelBytes(reason: i32): u32 {
  return reasonText(reason).length;
}

export const replyOverheadBytes: u32 = codec.REPLY_OVERHEAD_BYTES;

let protocol: i32 = codec.Protocol.UNKNOWN;
const demand: Demand = changetype<Demand>(heap.alloc(offsetof<Demand>()));
const NAME_BYTES: usize = 64;
const names: usize = heap.alloc(64 * NAME_BYTES);
const state: State = changetype<State>(heap.alloc(offsetof<State>()));

/** Where the test writes the name of the next attribute to demand, or of a protocol. */
export function nextName(): usize {
  return names + <usize>demand.slotCount * NAME_BYTES;
}

/** Speaks the protocol whose name is at `nextName()`. False: there is none. */
export function speak(bytes: u32): bool {
  protocol = codec.protocolOf(nextName(), bytes);
  memory.fill(changetype<usize>(state), 0, offsetof<State>());
  return protocol != codec.Protocol.UNKNOWN;
}

/** Where the test puts the program of a declared protocol. */
export const program: usize = memory.data(65536, 8);

const programCell: usize = heap.alloc(8);

/** Speaks the protocol of that program. False: it is refused. */
export function speakProgram(bytes: u32): bool {
  if (!verify(program, bytes)) return false;
  store<usize>(programCell, program);
  protocol = <i32>programCell;
  memory.fill(changetype<usize>(state), 0, offsetof<State>());
  return true;
}

/** The next message is the first of its direction. */
export function beginDirection(): void {
  dropState(state);
  memory.fill(changetype<usize>(state), 0, offsetof<State>());
}

export function clearDemand(): void {
  demand.slotCount = 0;
  memory.fill(changetype<usize>(demand) + offsetof<Demand>("builtin0"), 0xff, (<usize>BUILTINS) << 2);
  demand.namedCount = 0;
  demand.namedLengths = 0;
  demand.placedCount = 0;
  if (demand.named) return;
  demand.named = heap.alloc(64 * NAMED_ENTRY_BYTES);
  demand.placed = heap.alloc(64 * PLACED_ENTRY_BYTES);
}

/** Demands the attribute whose name is at `nextName()`, and returns its slot. */
export function demandName(bytes: u32): i32 {
  const name = nextName();
  const slot = demand.slotCount++;
  const builtin = codec.builtinOf(protocol, name, bytes);
  if (builtin >= 0) {
    store<i32>(changetype<usize>(demand) + ((<usize>builtin) << 2), slot, offsetof<Demand>("builtin0"));
    return slot;
  }
  const place = codec.placeOf(protocol, name, bytes);
  const prefix = codec.placePrefixBytes;
  if (place) addPlaced(demand, name + prefix, bytes - prefix, slot, place);
  else addNamed(demand, name, bytes, slot);
  return slot;
}

export function decodeRequest(p: usize, n: u32, maxMessageBytes: u32): Step {
  return codec.decodeRequest(protocol, state, p, n, maxMessageBytes, demand, message);
}

export function scanRequest(p: usize, n: u32): Step {
  return codec.scanRequest(protocol, state, p, n, demand, message);
}

export function decodeResponse(p: usize, n: u32): Step {
  return codec.decodeResponse(protocol, state, p, n, message);
}

export function writeError(
  out: usize,
  id: u64,
  dialect: u32,
  echo: usize,
  echoBytes: u32,
  code: ReplyCode,
  text: usize,
  textBytes: u32,
): u32 {
  caller.id = id;
  caller.dialect = dialect;
  caller.echo = echo;
  caller.echoBytes = echoBytes;
  return codec.writeError(protocol, out, caller, code, text, textBytes);
}

export function replyStatus(code: ReplyCode): u32 {
  return codec.replyStatus(protocol, code);
}

export function writeHeartbeatAnswer(out: usize, id: u64, dialect: u32): u32 {
  return codec.writeHeartbeatAnswer(protocol, out, id, dialect);
}

export function writeGoingAway(out: usize): u32 {
  return codec.writeGoingAway(protocol, out);
}

/** Decodes the same bytes again and again, for the speed test. */
export function decodeRequestTimes(p: usize, n: u32, times: u32): void {
  for (let i: u32 = 0; i < times; i++) {
    codec.decodeRequest(protocol, state, p, n, u32.MAX_VALUE, demand, message);
    state.word0 = 0;
    state.word1 = 0;
  }
}

/** Where the test writes rules. */
export const rules: usize = memory.data(16384);

export function mutateRequest(p: usize, n: u32, total: u32): Step {
  edits.clearOwn();
  return codec.mutateRequest(protocol, p, n, total, rules);
}

export function mutateResponse(p: usize, n: u32, total: u32): Step {
  edits.clearOwn();
  return codec.mutateResponse(protocol, p, n, total, rules);
}

export function canMutateAnswer(p: usize, n: u32): bool {
  return codec.canMutateAnswer(protocol, p, n, rules);
}

export function isMutable(bytes: u32): bool {
  return codec.isMutable(protocol, nextName(), bytes);
}

export function editReason(): i32 {
  return edits.editReason;
}

export function editNeed(): u32 {
  return edits.editNeed;
}

export function editCount(): u32 {
  return edits.editCount;
}

export function editedBytes(): u32 {
  return edits.editedBytes();
}

export function editedLength(bytes: u32): u32 {
  return edits.editedLength(bytes);
}

export function writeEdited(out: usize, p: usize, bytes: u32): u32 {
  return <u32>(edits.writeEdited(out, p, bytes) - out);
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
export function open(): bool {
  return message.open;
}
export function ordered(): bool {
  return message.ordered;
}
export function act(): i32 {
  return message.act;
}
export function holds(): u32 {
  return message.holds;
}
export function several(): bool {
  return message.several;
}
export function ends(): bool {
  return message.ends;
}
/** Shows the next key of the message that was decoded last. */
export function nextKey(): bool {
  return codec.nextKey(protocol, demand);
}
/** What follows is news, not answers. */
export function listen(): void {
  codec.listen(protocol, state, true);
}
export function echo(): usize {
  return message.echo;
}
export function echoBytes(): u32 {
  return message.echoBytes;
}
