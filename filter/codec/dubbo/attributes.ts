/** Attributes that the readable prefix of every call holds, by the number they have in a `Demand`. */
export const INTERFACE: i32 = 0;
export const METHOD: i32 = 1;
export const VERSION: i32 = 2;

const interfaceName: usize = memory.data<u8>([0x69, 0x6e, 0x74, 0x65, 0x72, 0x66, 0x61, 0x63, 0x65]);
const methodName: usize = memory.data<u8>([0x6d, 0x65, 0x74, 0x68, 0x6f, 0x64]);
const versionName: usize = memory.data<u8>([0x76, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e]);

/** The number of the attribute called `name`; -1 for `group` and all others, which are attachments. */
export function builtinOf(name: usize, length: u32): i32 {
  if (length == 9 && memory.compare(name, interfaceName, 9) == 0) return INTERFACE;
  if (length == 6 && memory.compare(name, methodName, 6) == 0) return METHOD;
  if (length == 7 && memory.compare(name, versionName, 7) == 0) return VERSION;
  return -1;
}
