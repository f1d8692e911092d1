import { MAX_ATTRIBUTE_BYTES, SCAN_WINDOW_BYTES } from "../../memory/limits";
import { Demand, namedSlot, setSlot } from "../attributes";
import { Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";
import { lacks } from "./outcome";
import { readVarint, varint, varintEnd } from "./varint";

/**
 * What THeader puts between the length and the message. Numbers without a type are varints:
 *
 *      0        4       6       8          12              14
 *     +--------+-------+-------+----------+---------------+-----------------------------------+---------
 *     | length | 0f ff | flags | sequence | words, 4 each | protocol · transforms · infos … 0 | message …
 *     +--------+-------+-------+----------+---------------+-----------------------------------+---------
 *
 *     transforms   how many, and the number of each, by which the message is packed (zlib: 1)
 *     info         1, how many, and that many times a key and a value: length and bytes each. Others are not known to this codec.
 */
const SEQUENCE_AT: u32 = 8;
export const WORDS_AT: u32 = 12;
export const HEADER_AT: u32 = 14;
const PROTOCOL_BINARY: u64 = 0;
const PROTOCOL_COMPACT: u64 = 2;
export const INFO_KEY_VALUE: u64 = 1;

/** With DONE from `readHeader`. */
export let headerSequence: u32 = 0;
/** Whether the message stands there as it is, in a protocol that this codec knows. */
export let headerReadable: bool = false;
export let headerPayloadAt: u32 = 0;
/** Where its infos begin. */
let infosAt: u32 = 0;

export function readHeader(p: usize, n: u32, limit: u32, message: Message): Step {
  if (n < HEADER_AT) return lacks(message, HEADER_AT, limit);
  headerSequence = bswap(load<u32>(p, SEQUENCE_AT));
  headerPayloadAt = HEADER_AT + ((<u32>bswap(load<u16>(p, WORDS_AT))) << 2);
  if (headerPayloadAt > SCAN_WINDOW_BYTES) return refuse(message, Reason.TOO_LARGE);
  if (n < headerPayloadAt) return lacks(message, headerPayloadAt, limit);
  if (readVarint(p, HEADER_AT, headerPayloadAt) != Step.DONE) return refuse(message, Reason.MALFORMED);
  const protocol = varint;
  if (readVarint(p, varintEnd, headerPayloadAt) != Step.DONE) return refuse(message, Reason.MALFORMED);
  const transforms = varint;
  infosAt = varintEnd;
  // Each takes a byte at least, and one that there is makes the message unreadable.
  for (let i: u64 = 0; i < transforms; i++) {
    if (readVarint(p, infosAt, headerPayloadAt) != Step.DONE) return refuse(message, Reason.MALFORMED);
    infosAt = varintEnd;
  }
  headerReadable = !transforms && (protocol == PROTOCOL_BINARY || protocol == PROTOCOL_COMPACT);
  return Step.DONE;
}

/** Fills the slots of the keys that are wanted; of two values of one key the last counts. */
export function fillFromHeader(p: usize, demand: Demand, message: Message): Step {
  const end = headerPayloadAt;
  let at = infosAt;
  while (at < end) {
    if (readVarint(p, at, end) != Step.DONE) return refuse(message, Reason.MALFORMED);
    // Padding, or what can only be last.
    if (varint != INFO_KEY_VALUE) return Step.DONE;
    if (readVarint(p, varintEnd, end) != Step.DONE) return refuse(message, Reason.MALFORMED);
    at = varintEnd;
    for (let pairs = varint; pairs; pairs--) {
      if (!readText(p, at, end)) return refuse(message, Reason.MALFORMED);
      const slot = namedSlot(demand, textAt, textBytes);
      if (!readText(p, <u32>(textAt - p) + textBytes, end)) return refuse(message, Reason.MALFORMED);
      if (slot >= 0) {
        if (textBytes > MAX_ATTRIBUTE_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG);
        setSlot(slot, textAt, textBytes);
      }
      at = <u32>(textAt - p) + textBytes;
    }
  }
  return Step.DONE;
}

let textAt: usize = 0;
let textBytes: u32 = 0;

function readText(p: usize, at: u32, end: u32): bool {
  if (readVarint(p, at, end) != Step.DONE || varint > end - varintEnd) return false;
  textAt = p + varintEnd;
  textBytes = <u32>varint;
  return true;
}
