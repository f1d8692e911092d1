import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";

/** Attributes that the head of a call tells, by the number they have in a `Demand`. */
export const SERVICE: i32 = 0;
export const METHOD: i32 = 1;
export const MESSAGE_TYPE: i32 = 2;

const serviceName: usize = asciiOf("service");
const methodName: usize = asciiOf("method");
const messageTypeName: usize = asciiOf("message_type");

/** The number of the attribute called `name`; -1 for all others: keys of THeader. */
export function builtinOf(name: usize, length: u32): i32 {
  if (length == 7 && equalBytes(name, serviceName, 7)) return SERVICE;
  if (length == 6 && equalBytes(name, methodName, 6)) return METHOD;
  if (length == 12 && equalBytes(name, messageTypeName, 12)) return MESSAGE_TYPE;
  return -1;
}

/** Where arguments are: `arg.1` is that of field id 1. */
export const ARGUMENT: i32 = 1;
export const ARGUMENT_PREFIX_BYTES: u32 = 4;

const argumentPrefix: usize = asciiOf("arg.");

export function placeOf(name: usize, length: u32): i32 {
  return length > ARGUMENT_PREFIX_BYTES && equalBytes(name, argumentPrefix, ARGUMENT_PREFIX_BYTES) ? ARGUMENT : 0;
}
