/** Protocol Buffers as tests write and read them. */

export function varint(value: bigint | number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

export function numberField(number: number, value: bigint | number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

export function bytesField(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

export interface FieldRead {
  number: number;
  /** Of a field of bytes. */
  bytes?: Buffer;
  /** Of a varint. */
  value?: bigint;
}

/** The fields of a message that has varints and bytes only. */
export function fieldsOf(message: Uint8Array): FieldRead[] {
  const fields: FieldRead[] = [];
  const bytes = Buffer.from(message);
  let at = 0;
  const next = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(next());
    const number = tag >> 3;
    if ((tag & 7) === 0) fields.push({ number, value: next() });
    else if ((tag & 7) === 2) {
      const length = Number(next());
      fields.push({ number, bytes: bytes.subarray(at, at + length) });
      at += length;
    } else throw new Error(`field ${number} has wire type ${tag & 7}`);
  }
  return fields;
}

/** The last field of this number. */
export function fieldOf(fields: readonly FieldRead[], number: number): FieldRead | undefined {
  return fields.findLast((field) => field.number === number);
}
