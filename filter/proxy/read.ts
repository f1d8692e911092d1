import { setSlot, slotAddress, slotLength } from "../codec/attributes";
import { message } from "../codec/message";
import { Region } from "../host/arena";
import { Buffer, fetch } from "../host/buffer";
import { now_us } from "../host/clock";
import { FIRST_FETCH_BYTES } from "../memory/limits";

/** The read under way: what lies in the read buffer of the connection in effect. */
@unmanaged
export class Read {
  size: u32;
  /** How far it is planned. */
  at: u32;
  /** Its first bytes, as far as they were fetched. */
  memory: usize;
  memoryBytes: u32;
  /** It is no read, but a message that the filter has kept, all of it in memory. */
  isKept: bool;
  /** Microseconds since 1970; 0 until a call needs it (`readTime_us`). */
  time_us: u64;
}

export const read: Read = changetype<Read>(memory.data(offsetof<Read>(), 8));

export function beginRead(size: u32): void {
  memory.fill(changetype<usize>(read), 0, offsetof<Read>());
  read.size = size;
}

/** In the place of a read: a message of `size` bytes that the filter has kept. */
export function beginKept(bytes: usize, size: u32): void {
  beginRead(size);
  read.memory = bytes;
  read.memoryBytes = size;
  read.isKept = true;
}

/** Brings at least the first `end` bytes into memory: a little at first, which is mostly enough, then much. */
export function fetchTo(end: u32): void {
  const first = read.memoryBytes == 0 ? FIRST_FETCH_BYTES : max<u32>(read.memoryBytes << 3, end);
  read.memoryBytes = min<u32>(read.size, max<u32>(end, first));
  read.memory = fetch(Buffer.DOWNSTREAM, 0, read.memoryBytes, Region.MAIN);
}

/** Brings at least `bytes` of the message at `at` into memory. What `message` and the first `slots` slots refer to in there moves along. */
export function fetchMessage(bytes: u32, slots: i32): void {
  const from = read.memory;
  const end = from + read.memoryBytes;
  fetchTo(read.at + bytes);
  message.service = moved(message.service, from, end);
  message.method = moved(message.method, from, end);
  message.echo = moved(message.echo, from, end);
  for (let slot = 0; slot < slots; slot++) setSlot(slot, moved(slotAddress(slot), from, end), slotLength(slot));
}

function moved(address: usize, from: usize, end: usize): usize {
  return address >= from && address < end ? read.memory + (address - from) : address;
}

export function readTime_us(): u64 {
  if (!read.time_us) read.time_us = now_us();
  return read.time_us;
}

export function readTime_ms(): u32 {
  return <u32>(readTime_us() / 1000);
}
