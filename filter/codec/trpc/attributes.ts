import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";

/** Attributes that each call has a field of its own for, by the number they have in a `Demand`. */
export const CALLER: i32 = 0;
export const CALLEE: i32 = 1;
export const FUNC: i32 = 2;
export const TIMEOUT: i32 = 3;

const callerName: usize = asciiOf("caller");
const calleeName: usize = asciiOf("callee");
const funcName: usize = asciiOf("func");
const timeoutName: usize = asciiOf("timeout");

/** The number of the attribute called `name`; -1 for all others, which are keys of trans_info. */
export function builtinOf(name: usize, length: u32): i32 {
  if (length == 6 && equalBytes(name, callerName, 6)) return CALLER;
  if (length == 6 && equalBytes(name, calleeName, 6)) return CALLEE;
  if (length == 4 && equalBytes(name, funcName, 4)) return FUNC;
  if (length == 7 && equalBytes(name, timeoutName, 7)) return TIMEOUT;
  return -1;
}
