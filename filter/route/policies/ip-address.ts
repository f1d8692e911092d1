/**
 * IP addresses as 16 bytes, those of IPv4 as IPv6 maps them (::ffff:10.0.0.1), read from the text that Envoy and people write.
 */
export const ADDRESS_BYTES: u32 = 16;
const MAPPED_BYTES: usize = 12;
/** Bits in front of an address of IPv4. */
export const MAPPED_BITS: u32 = 96;
const GROUPS: i32 = 8;
const NONE: u32 = u32.MAX_VALUE;

/** Where the text is read, and where it ends. */
let at: usize = 0;
let end: usize = 0;

/** Writes the address that stands there to `out`. False: it is none, as a whole. */
export function parseAddress(text: usize, length: u32, out: usize): bool {
  at = text;
  end = text + length;
  store<u64>(out, 0);
  store<u64>(out, 0, 8);
  const isIpv6 = hasByte(text, length, 0x3a);
  const read = isIpv6 ? readIpv6(out) : readMapped(out);
  return read && at == end;
}

/** The address of what Envoy calls one with a port: `10.0.0.1:20880`, `[fd00::1%eth0]:20880`. */
export function parseSocketAddress(text: usize, length: u32, out: usize): bool {
  let from = text;
  let bytes: u32 = 0;
  if (length && load<u8>(text) == 0x5b) {
    from++;
    while (bytes + 1 < length && load<u8>(from + bytes) != 0x5d && load<u8>(from + bytes) != 0x25) bytes++;
  } else {
    while (bytes < length && load<u8>(text + bytes) != 0x3a) bytes++;
  }
  return parseAddress(from, bytes, out);
}

/** Whether it is one of IPv4. */
export function isMapped(address: usize): bool {
  return load<u64>(address) == 0 && load<u32>(address, 8) == 0xffff0000;
}

/** Whether the first `bits` bits of both are the same. */
export function hasPrefix(address: usize, prefix: usize, bits: u32): bool {
  const bytes = <usize>(bits >> 3);
  if (memory.compare(address, prefix, bytes) != 0) return false;
  const rest = bits & 7;
  if (!rest) return true;
  return (load<u8>(address + bytes) ^ load<u8>(prefix + bytes)) >> <u8>(8 - rest) == 0;
}

function readMapped(out: usize): bool {
  store<u16>(out, 0xffff, MAPPED_BYTES - 2);
  return readIpv4(out + MAPPED_BYTES);
}

function readIpv4(out: usize): bool {
  for (let i: usize = 0; i < 4; i++) {
    if (i && !take(0x2e)) return false;
    const number = readDecimal();
    if (number > 255) return false;
    store<u8>(out + i, <u8>number);
  }
  return true;
}

/** Up to three digits, without zeros in front, which some read as octal. */
function readDecimal(): u32 {
  const from = at;
  let number: u32 = 0;
  while (at < end && at - from < 3) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) break;
    number = number * 10 + digit;
    at++;
  }
  const digits = at - from;
  return digits == 0 || (digits > 1 && load<u8>(from) == 0x30) ? NONE : number;
}

function readIpv6(out: usize): bool {
  /** The group before which zeros were left out. */
  let gap = -1;
  let groups = 0;
  if (end - at >= 2 && load<u16>(at) == 0x3a3a) {
    at += 2;
    gap = 0;
  }
  while (at < end && groups < GROUPS) {
    const from = at;
    const group = readHex();
    if (at < end && load<u8>(at) == 0x2e) {
      // The last two groups may be written as IPv4.
      at = from;
      if (groups > GROUPS - 2 || !readIpv4(out + ((<usize>groups) << 1))) return false;
      groups += 2;
      break;
    }
    if (group == NONE) return false;
    store<u8>(out + ((<usize>groups) << 1), <u8>(group >> 8));
    store<u8>(out + ((<usize>groups) << 1), <u8>group, 1);
    groups++;
    if (at == end) break;
    if (!take(0x3a)) return false;
    if (at < end && load<u8>(at) == 0x3a) {
      if (gap >= 0) return false;
      at++;
      gap = groups;
    } else if (at == end) return false;
  }
  if (gap < 0) return groups == GROUPS;
  return groups < GROUPS && spread(out, groups, gap);
}

/** Moves the groups behind the gap to the end. */
function spread(out: usize, groups: i32, gap: i32): bool {
  const behind = (<usize>(groups - gap)) << 1;
  const from = out + ((<usize>gap) << 1);
  memory.copy(out + ADDRESS_BYTES - behind, from, behind);
  memory.fill(from, 0, (<usize>(GROUPS - groups)) << 1);
  return true;
}

/** Up to four digits. */
function readHex(): u32 {
  const from = at;
  let number: u32 = 0;
  while (at < end && at - from < 4) {
    const byte = <u32>load<u8>(at);
    const lower = byte | 0x20;
    if (byte - 0x30 < 10) number = (number << 4) | (byte - 0x30);
    else if (lower - 0x61 < 6) number = (number << 4) | (lower - 0x57);
    else break;
    at++;
  }
  return at == from ? NONE : number;
}

function take(byte: u8): bool {
  if (at == end || load<u8>(at) != byte) return false;
  at++;
  return true;
}

function hasByte(text: usize, length: u32, byte: u8): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(text + i) == byte) return true;
  return false;
}
