/** Strings of bytes, eight at a time: names are short, and a turn of a loop for each byte is what they would cost. */

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/** A hash of the whole; only bytes of the string are read. */
export function hashBytes(address: usize, length: u32): u32 {
  return <u32>(hashOn(0, address, length) >> 32);
}

/** The same in 64 bits, going on from the hash of what stands before it: of strings in a row, and where each ends. */
export function hashOn(before: u64, address: usize, length: u32): u64 {
  let hash = before + <u64>length * MIX;
  if (length >= 8) {
    const last = address + length - 8;
    for (; address < last; address += 8) hash = mix(hash ^ load<u64>(address));
    hash = mix(hash ^ load<u64>(last));
  } else hash = mix(hash ^ shortWord(address, length));
  // Once more: multiplying carries upwards only, so that the last bytes of a name have not reached the lower bits yet.
  return mix(hash);
}

export function equalBytes(a: usize, b: usize, length: u32): bool {
  if (length < 8) return shortWord(a, length) == shortWord(b, length);
  const last = length - 8;
  for (let at: u32 = 0; at < last; at += 8) {
    if (load<u64>(a + at) != load<u64>(b + at)) return false;
  }
  return load<u64>(a + last) == load<u64>(b + last);
}

/** As `memory.copy` of bytes that do not overlap: the host's own costs a call out of the VM, which short strings feel. */
export function copyBytes(target: usize, source: usize, length: u32): void {
  if (length > 64) {
    memory.copy(target, source, length);
    return;
  }
  if (length < 8) {
    for (let at: u32 = 0; at < length; at++) store<u8>(target + at, load<u8>(source + at));
    return;
  }
  const last = length - 8;
  for (let at: u32 = 0; at < last; at += 8) store<u64>(target + at, load<u64>(source + at));
  store<u64>(target + last, load<u64>(source + last));
}

function mix(word: u64): u64 {
  word *= MIX;
  return word ^ (word >> 32);
}

/** Up to seven bytes as a number that only equal bytes of equal length give. */
function shortWord(address: usize, length: u32): u64 {
  if (length >= 4) return <u64>load<u32>(address) | ((<u64>load<u32>(address + length - 4)) << 32);
  if (!length) return 0;
  return (
    <u64>load<u8>(address) |
    ((<u64>load<u8>(address + (length >> 1))) << 8) |
    ((<u64>load<u8>(address + length - 1)) << 16)
  );
}

/** The same for 16 bytes and more, sixteen at a time. */
export function equalBlocks(a: usize, b: usize, length: u32): bool {
  const last = length - 16;
  for (let at: u32 = 0; at < last; at += 16) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false;
  }
  return !v128.any_true(v128.xor(v128.load(a + last), v128.load(b + last)));
}
