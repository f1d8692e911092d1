/** As much of Hessian 2.0's serialization as the tests need to speak Dubbo. Written against the grammar, not the filter. */
export type HessianValue = string | number | boolean | null | Uint8Array | { [key: string]: HessianValue };

const STRING_CHUNK = 0x8000;

function byteString(...bytes: number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

function writeString(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let rest = text;
  while (rest.length > STRING_CHUNK) {
    parts.push(byteString(0x52, STRING_CHUNK >> 8, STRING_CHUNK & 255), Buffer.from(rest.slice(0, STRING_CHUNK)));
    rest = rest.slice(STRING_CHUNK);
  }
  const length = rest.length;
  if (length < 32) parts.push(byteString(length));
  else if (length < 1024) parts.push(byteString(0x30 + (length >> 8), length & 255));
  else parts.push(byteString(0x53, length >> 8, length & 255));
  parts.push(Buffer.from(rest));
  return Buffer.concat(parts);
}

function writeBinary(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (; bytes.length - at > 0xffff; at += 0xffff) {
    parts.push(byteString(0x41, 0xff, 0xff), bytes.subarray(at, at + 0xffff));
  }
  const rest = bytes.length - at;
  parts.push(rest < 16 ? byteString(0x20 + rest) : byteString(0x42, rest >> 8, rest & 255), bytes.subarray(at));
  return Buffer.concat(parts);
}

function writeInteger(value: number): Uint8Array {
  if (value >= -16 && value <= 47) return byteString(0x90 + value);
  return byteString(0x49, (value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

export function writeHessian(value: HessianValue): Uint8Array {
  if (value === null) return byteString(0x4e);
  if (typeof value === "boolean") return byteString(value ? 0x54 : 0x46);
  if (typeof value === "number") return writeInteger(value);
  if (typeof value === "string") return writeString(value);
  if (value instanceof Uint8Array) return writeBinary(value);
  const entries = Object.entries(value).flatMap(([key, entry]) => [writeString(key), writeHessian(entry)]);
  return Buffer.concat([byteString(0x48), ...entries, byteString(0x5a)]);
}

/** The string that begins at `at`, in as many chunks as it has, and the offset after it. */
export function readHessianString(bytes: Uint8Array, at = 0): { text: string; end: number } {
  let text = "";
  let position = at;
  for (;;) {
    const tag = bytes[position++] ?? -1;
    let length: number;
    if (tag < 0) throw new Error(`the string at ${at} is cut off`);
    if (tag < 0x20) length = tag;
    else if (tag >= 0x30 && tag <= 0x33) length = ((tag - 0x30) << 8) | (bytes[position++] ?? 0);
    else if (tag === 0x52 || tag === 0x53) {
      length = ((bytes[position] ?? 0) << 8) | (bytes[position + 1] ?? 0);
      position += 2;
    } else throw new Error(`no Hessian string at ${at}: tag 0x${tag.toString(16)}`);
    const start = position;
    for (let i = 0; i < length; i++) {
      const lead = bytes[position] ?? 0;
      position += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
    }
    text += Buffer.from(bytes.subarray(start, position)).toString();
    if (tag !== 0x52) return { text, end: position };
  }
}
