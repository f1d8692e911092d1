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
    if (isRaised(connection, code) && !isTold(connection, code)) end = add(end, replyFlags(code));
  }
  if (isRaised(connection, Flag.DELAYED)) end = add(end, "DI");
  if (isRaised(connection, Flag.RETRY_LIMIT)) end = add(end, "URX");
  if (end != text) setProperty(path, PATH_BYTES, text, <u32>(end - text));
}

function isRaised(connection: Connection, flag: i32): bool {
  return (connection.flags & (1 << flag)) != 0;
}

/** Two codes may have one flag: whether one before this has told it. */
function isTold(connection: Connection, code: i32): bool {
  for (let before = 0; before < code; before++) {
    if (isRaised(connection, before) && replyFlags(before) == replyFlags(code)) return true;
  }
  return false;
}

function add(end: usize, flag: string): usize {
  if (flag == "-") return end;
  if (end != text) end = writeAscii(end, ",");
  return writeAscii(end, flag);
}
