import { equalBlocks } from "../../memory/bytes";
import { Notes } from "../message";
import { TAG_LAST_SHORT_TEXT, TAG_MEDIUM_TEXT, TAG_NULL } from "./hessian2/tags";

/**
 * Calls of one method begin with the same bytes: its texts in front of the arguments. What was read of them once is known again by
 * comparing them, a third of the cost of reading them. Only Hessian2's, with all texts in place.
 */
@unmanaged
export class KnownPrefix {
  /** Bytes of the texts from the body's first on, the parameter types included; 0: nothing is known here. */
  bytes: u32;
  /** Offsets in the body; a version that is null has offset 0. */
  serviceAt: u32;
  serviceBytes: u32;
  versionAt: u32;
  versionBytes: u32;
  methodAt: u32;
  methodBytes: u32;
  parameterCount: u32;
}

const MIN_BYTES: u32 = 16;
const MAX_BYTES: u32 = 256;
const PREFIXES_BITS: u64 = 7;
/** A KnownPrefix and its Notes, then the texts. */
const HEAD_BYTES: usize = 64;
const ENTRY_BYTES: usize = 64 + 256;
const entries: usize = memory.data(128 * (64 + 256));

/** Where the texts that were looked for last are known or can be kept; 0: nowhere. */
let place: usize = 0;

export function notesOf(prefix: KnownPrefix): Notes {
  return changetype<Notes>(changetype<usize>(prefix) + offsetof<KnownPrefix>());
}

/** The prefix of the body at `body`, of which what is in memory ends at `end`; null if it is not known. */
export function knownPrefix(body: usize, end: usize): KnownPrefix | null {
  place = 0;
  const method = afterText(afterText(afterText(body, end), end), end);
  if (end - method < 8 || method == end) return null;
  const hash = (load<u64>(method) ^ ((<u64>(method - body)) << 56)) * 0x9e37_79b9_7f4a_7c15;
  place = entries + <usize>(hash >> (64 - PREFIXES_BITS)) * ENTRY_BYTES;
  const bytes = load<u32>(place);
  if (!bytes || bytes > <u32>(end - body) || !equalBlocks(place + HEAD_BYTES, body, bytes)) return null;
  return changetype<KnownPrefix>(place);
}

/** Where the text at `at` ends, or `end` if it does not lie there in an ordinary form. */
function afterText(at: usize, end: usize): usize {
  if (end - at < 2) return end;
  const tag = <u32>load<u8>(at);
  const next =
    tag <= TAG_LAST_SHORT_TEXT
      ? at + 1 + tag
      : tag == TAG_NULL
        ? at + 1
        : (tag & 0xfc) == TAG_MEDIUM_TEXT
          ? at + 2 + (((tag & 0x03) << 8) | load<u8>(at, 1))
          : end;
  return next < end ? next : end;
}

/**
 * A place to keep what `knownPrefix` did not know, to be filled but for the texts themselves, which are the `bytes` at `body`; null if
 * they are not to be kept.
 */
export function keepPrefix(body: usize, bytes: u32): KnownPrefix | null {
  if (!place || bytes < MIN_BYTES || bytes > MAX_BYTES) return null;
  const prefix = changetype<KnownPrefix>(place);
  memory.fill(place, 0, HEAD_BYTES);
  memory.copy(place + HEAD_BYTES, body, bytes);
  prefix.bytes = bytes;
  return prefix;
}
