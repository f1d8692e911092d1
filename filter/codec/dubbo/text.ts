import { MAX_ATTRIBUTE_BYTES } from "../../memory/limits";

/** What a reader of one text says. */
export enum Text {
  /** The text is at `textAddress`. */
  READ,
  /** The serialization's null. */
  NULL,
  /** It is not whole in memory: at least `textNeed` bytes from its first are wanted. */
  MORE,
  /** Something else than a text, or one that contradicts itself. */
  MALFORMED,
  /** Longer than MAX_ATTRIBUTE_BYTES. */
  TOO_LONG,
  /** Written in a way that this serialization allows and the codec does not read. */
  UNREADABLE,
}

/** With READ: the text in UTF-8, valid as long as the bytes it was read from, or until the keep area is used again. */
export let textAddress: usize = 0;
export let textBytes: u32 = 0;
/** With READ and NULL: the first byte after the text. */
export let textEnd: usize = 0;
/** With MORE. */
export let textNeed: u32 = 0;

export function foundText(address: usize, bytes: u32, end: usize): Text {
  if (bytes > MAX_ATTRIBUTE_BYTES) return Text.TOO_LONG;
  textAddress = address;
  textBytes = bytes;
  textEnd = end;
  return Text.READ;
}

export function foundNull(end: usize): Text {
  textAddress = 0;
  textBytes = 0;
  textEnd = end;
  return Text.NULL;
}

export function textMore(need: u32): Text {
  textNeed = need;
  return Text.MORE;
}
