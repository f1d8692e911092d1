import { builtinSlot, clearSlots, Demand } from "../attributes";
import { Kind, Message } from "../message";
import { Step } from "../step";
import { decodeBody } from "./body";
import { decodeHead } from "./head";
import { NAME_COUNT_AT, Section, WANT_ID, WANT_NAMED, WANT_NAMES } from "./program";

/** Decodes what a client sent: its first `n` bytes are at `p`. What no route asks for and stands behind all else is not waited for. */
export function decodeRequest(
  program: usize,
  p: usize,
  n: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  clearSlots(demand.slotCount);
  const step = decodeHead(program, Section.REQUEST_HEAD, p, n, maxMessageBytes, message);
  if (step != Step.DONE) return step;
  const wanted = message.kind <= Kind.ONE_WAY ? wantedOf(program, demand) : WANT_ID;
  return decodeBody(program, Section.REQUEST_BODY, wanted, demand, message);
}

function wantedOf(program: usize, demand: Demand): u32 {
  let wanted = WANT_ID | WANT_NAMES;
  if (demand.namedCount) wanted |= WANT_NAMED;
  const count = load<i32>(program, NAME_COUNT_AT);
  for (let builtin = 0; builtin < count; builtin++) {
    if (builtinSlot(demand, builtin) >= 0) wanted |= 1 << builtin;
  }
  return wanted;
}
