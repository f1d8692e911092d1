const ARRAY: u32 = 0x5b; // [
const CLASS: u32 = 0x4c; // L…;
const CLASS_END: u32 = 0x3b; // ;

/** The number of parameters in a JVM descriptor like `Ljava/lang/String;[I`, or -1 if it is none. */
export function countParameters(descriptor: usize, bytes: u32): i32 {
  const end = descriptor + bytes;
  let count = 0;
  while (descriptor < end) {
    while (descriptor < end && load<u8>(descriptor) == ARRAY) descriptor++;
    if (descriptor == end) return -1;
    const kind = <u32>load<u8>(descriptor++);
    if (kind == CLASS) {
      while (descriptor < end && load<u8>(descriptor) != CLASS_END) descriptor++;
      if (descriptor++ == end) return -1;
    } else if (!isPrimitive(kind)) {
      return -1;
    }
    count++;
  }
  return count;
}

/** B C D F I J S Z, and V, which Dubbo's own pattern allows too. */
function isPrimitive(kind: u32): bool {
  switch (kind) {
    case 0x42:
    case 0x43:
    case 0x44:
    case 0x46:
    case 0x49:
    case 0x4a:
    case 0x53:
    case 0x56:
    case 0x5a:
      return true;
    default:
      return false;
  }
}
