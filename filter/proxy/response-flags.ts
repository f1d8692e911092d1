import { setProperty } from "../host/property";
import { asciiOf, writeAscii } from "../memory/ascii";
import { Connection } from "./connection";
import { replyFlags } from "./label";

/**
 * What was done to calls of a connection, in the letters of Envoy's response flags. The debug log has them with each decision; Envoy's access log
 * of the connection has all of them together, from its filter state.
 */
export enum Flag {
  /** A fault has held a call back. */
  DELAYED = 30,
  /** A call has failed that was sent as often as its route allows. */
  RETRY_LIMIT = 31,
}

/** Where access logs find them, behind `wasm.`. */
const path: usize = asciiOf("meltemi.flags");
const PATH_BYTES: u32 = 13;
const text: usize = memory.data(128);

/** The connection has had an error reply, or another Flag. */
export function raiseFlag(connection: Connection, flag: i32): void {
  connection.flags |= 1 << flag;
}

/** At the end of the connection in effect: its access log is to tell. */
export function tellFlags(connection: Connection): void {
  let end = text;
  for (let code = 0; code < Flag.DELAYED; code++) {
    if (connection.flags & (1 << code)) end = add(end, replyFlags(code));
  }
  if (connection.flags & (1 << Flag.DELAYED)) end = add(end, "DI");
  if (connection.flags & (1 << Flag.RETRY_LIMIT)) end = add(end, "URX");
  if (end != text) setProperty(path, PATH_BYTES, text, <u32>(end - text));
}

/** Two codes may have one flag. */
function add(end: usize, flag: string): usize {
  if (flag == "-" || has(end, flag)) return end;
  if (end != text) end = writeAscii(end, ",");
  return writeAscii(end, flag);
}

function has(end: usize, flag: string): bool {
  for (let at = text; at + flag.length <= end; at++) {
    let i = 0;
    while (i < flag.length && load<u8>(at + i) == <u8>flag.charCodeAt(i)) i++;
    const whole = at + i == end || load<u8>(at + i) == 0x2c;
    if (i == flag.length && whole && (at == text || load<u8>(at - 1) == 0x2c)) return true;
  }
  return false;
}
