import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";

/** The attributes of a command, by the number they have in a `Demand`. There are no others. */
export const COMMAND: i32 = 0;
export const KEY: i32 = 1;
export const DATABASE: i32 = 2;
export const USER: i32 = 3;

const commandName: usize = asciiOf("command");
const keyName: usize = asciiOf("key");
const databaseName: usize = asciiOf("database");
const userName: usize = asciiOf("user");

export function builtinOf(name: usize, length: u32): i32 {
  if (length == 7 && equalBytes(name, commandName, 7)) return COMMAND;
  if (length == 3 && equalBytes(name, keyName, 3)) return KEY;
  if (length == 8 && equalBytes(name, databaseName, 8)) return DATABASE;
  if (length == 4 && equalBytes(name, userName, 4)) return USER;
  return -1;
}
