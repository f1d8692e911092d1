import { asciiOf, writeAscii } from "../../memory/ascii";
import { copyBytes } from "../../memory/bytes";
import { Done } from "../act";
import { Caller } from "../caller";
import { ReplyCode } from "../reply";
import { Status, wordOf } from "./status";

/** Writes an error as servers do: one line, whose first word says its kind. Returns its length. */
export function writeError(out: usize, caller: Caller, code: ReplyCode, text: usize, textBytes: u32): u32 {
  let at = writeAscii(out, "-");
  at = writeAscii(at, wordOf(caller.status ? caller.status : replyStatus(code)));
  store<u8>(at++, 0x20);
  for (let i: u32 = 0; i < textBytes; i++) {
    // Text from the wire shall not end the line.
    const byte = <u32>load<u8>(text + i);
    store<u8>(at + i, <u8>max<u32>(byte, 0x20));
  }
  return <u32>(writeAscii(at + textBytes, "\r\n") - out);
}

export function replyStatus(code: ReplyCode): u32 {
  switch (code) {
    case ReplyCode.DENIED:
      return Status.NOPERM;
    case ReplyCode.APART:
      return Status.CROSSSLOT;
    case ReplyCode.DISCARDED:
      return Status.EXECABORT;
    default:
      return Status.ERR;
  }
}

/** Writes the answer to a command that the filter carries out itself. */
export function writeDone(out: usize, done: Done): u32 {
  return <u32>(writeAscii(out, done == Done.OK ? "+OK\r\n" : "*0\r\n") - out);
}

const multi: usize = asciiOf("*1\r\n$5\r\nMULTI\r\n");
const MULTI_BYTES: u32 = 15;
const discard: usize = asciiOf("*1\r\n$7\r\nDISCARD\r\n");
const DISCARD_BYTES: u32 = 17;

/** Writes what begins a transaction, and what ends it without effect. */
export function writeBegin(out: usize): u32 {
  copyBytes(out, multi, MULTI_BYTES);
  return MULTI_BYTES;
}

export function writeDrop(out: usize): u32 {
  copyBytes(out, discard, DISCARD_BYTES);
  return DISCARD_BYTES;
}
