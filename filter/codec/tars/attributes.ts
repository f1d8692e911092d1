import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";

/** Attributes that each request has a field of its own for, by the number they have in a `Demand`. */
export const SERVANT: i32 = 0;
export const FUNC: i32 = 1;
export const PACKET_TYPE: i32 = 2;
export const TIMEOUT: i32 = 3;

const servantName: usize = asciiOf("servant");
const funcName: usize = asciiOf("func");
const packetTypeName: usize = asciiOf("packet_type");
const timeoutName: usize = asciiOf("timeout");

/** The number of the attribute called `name`; -1 for all others, which are keys of context or status. */
export function builtinOf(name: usize, length: u32): i32 {
  if (length == 7 && equalBytes(name, servantName, 7)) return SERVANT;
  if (length == 4 && equalBytes(name, funcName, 4)) return FUNC;
  if (length == 11 && equalBytes(name, packetTypeName, 11)) return PACKET_TYPE;
  if (length == 7 && equalBytes(name, timeoutName, 7)) return TIMEOUT;
  return -1;
}

export const statusPrefix: usize = asciiOf("status.");
export const STATUS_PREFIX_BYTES: u32 = 7;

/** The place of the keys of `status`; those of `context` have no prefix. */
export const STATUS_PLACE: i32 = 1;

export function placeOf(name: usize, length: u32): i32 {
  return length > STATUS_PREFIX_BYTES && equalBytes(name, statusPrefix, STATUS_PREFIX_BYTES) ? STATUS_PLACE : 0;
}
