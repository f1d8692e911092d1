import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";

/** Attributes that the meta of a call has fields of its own for, by the number they have in a `Demand`. */
export const SERVICE: i32 = 0;
export const METHOD: i32 = 1;
export const LOG_ID: i32 = 2;
export const REQUEST_ID: i32 = 3;
export const TIMEOUT_MS: i32 = 4;

const serviceName: usize = asciiOf("service");
const methodName: usize = asciiOf("method");
const logIdName: usize = asciiOf("log_id");
const requestIdName: usize = asciiOf("request_id");
const timeoutName: usize = asciiOf("timeout_ms");

/** The number of the attribute called `name`; -1 for all others, which are user fields. */
export function builtinOf(name: usize, length: u32): i32 {
  if (length == 7 && equalBytes(name, serviceName, 7)) return SERVICE;
  if (length == 6 && equalBytes(name, methodName, 6)) return METHOD;
  if (length == 6 && equalBytes(name, logIdName, 6)) return LOG_ID;
  if (length == 10 && equalBytes(name, requestIdName, 10)) return REQUEST_ID;
  if (length == 10 && equalBytes(name, timeoutName, 10)) return TIMEOUT_MS;
  return -1;
}
