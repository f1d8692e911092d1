/** Thrift messages, written and read without the filter's help: what tests send and what they check. */
export type Transport = "framed" | "unframed" | "header";
export type Protocol = "binary" | "old" | "compact";
export type MessageType = "call" | "reply" | "exception" | "oneway";

export interface ThriftMessage {
  readonly type: MessageType;
  /** With a multiplexed service: `service:method`. */
  readonly name: string;
  readonly seqid: number;
  readonly transport?: Transport;
  readonly protocol?: Protocol;
  /** Fields of the struct behind the head, by id: texts, numbers (i32), booleans, and structs. */
  readonly fields?: ReadonlyMap<number, Value>;
  /** Keys and values of THeader, and its number of the message. */
  readonly header?: Readonly<Record<string, string>>;
  readonly sequence?: number;
}

export type Value = string | number | boolean | ReadonlyMap<number, Value>;

export interface DecodedMessage extends ThriftMessage {
  readonly bytes: Uint8Array;
}

const TYPES: readonly MessageType[] = ["call", "reply", "exception", "oneway"];
const HEADER_MAGIC = 0x0fff;
const COMPACT_ID = 0x82;

export function encodeThrift(message: ThriftMessage): Buffer {
  const { transport = "framed", header = {}, sequence = 0, protocol } = message;
  const body = encodeMessage(message);
  if (transport === "unframed") return body;
  const framed = transport === "header" ? Buffer.concat([encodeHeader(protocol, header, sequence), body]) : body;
  return Buffer.concat([u32(framed.length), framed]);
}

function encodeHeader(
  protocol: Protocol | undefined,
  keys: Readonly<Record<string, string>>,
  sequence: number,
): Buffer {
  const pairs = Object.entries(keys).flat();
  const infos = pairs.length ? [1, pairs.length / 2, ...pairs] : [];
  const parts = [protocol === "compact" ? 2 : 0, 0, ...infos].map((part) =>
    typeof part === "number" ? varint(part) : Buffer.concat([varint(Buffer.byteLength(part)), Buffer.from(part)]),
  );
  const unpadded = Buffer.concat(parts);
  const words = Math.ceil(unpadded.length / 4);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(HEADER_MAGIC, 0);
  head.writeUInt32BE(sequence, 4);
  head.writeUInt16BE(words, 8);
  return Buffer.concat([head, unpadded, Buffer.alloc(words * 4 - unpadded.length)]);
}

function encodeMessage({ type, name, seqid, protocol = "binary", fields = new Map() }: ThriftMessage): Buffer {
  const number = TYPES.indexOf(type) + 1;
  const text = Buffer.from(name);
  if (protocol === "compact") {
    const head = [Buffer.from([COMPACT_ID, (number << 5) | 1]), varint(seqid >>> 0), varint(text.length), text];
    return Buffer.concat([...head, compactStruct(fields)]);
  }
  const version = protocol === "binary" ? [u32(0x8001_0000 + number)] : [];
  const oldType = protocol === "binary" ? [] : [Buffer.from([number])];
  return Buffer.concat([...version, u32(text.length), text, ...oldType, u32(seqid), binaryStruct(fields)]);
}

function binaryStruct(fields: ReadonlyMap<number, Value>): Buffer {
  const parts = [...fields].map(([id, value]) => {
    const head = Buffer.from([binaryType(value), id >> 8, id & 255]);
    return Buffer.concat([head, binaryValue(value)]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function binaryType(value: Value): number {
  if (typeof value === "string") return 11;
  if (typeof value === "number") return 8;
  return typeof value === "boolean" ? 2 : 12;
}

function binaryValue(value: Value): Buffer {
  if (typeof value === "string") return Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "number") return u32(value);
  return typeof value === "boolean" ? Buffer.from([Number(value)]) : binaryStruct(value);
}

function compactStruct(fields: ReadonlyMap<number, Value>): Buffer {
  let last = 0;
  const parts = [...fields].map(([id, value]) => {
    const delta = id - last;
    last = id;
    const type = compactType(value);
    const short = delta > 0 && delta < 16;
    const head = short ? Buffer.from([(delta << 4) | type]) : Buffer.concat([Buffer.from([type]), varint(zigzag(id))]);
    return Buffer.concat([head, compactValue(value)]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function compactType(value: Value): number {
  if (typeof value === "string") return 8;
  if (typeof value === "number") return 5;
  if (typeof value === "boolean") return value ? 1 : 2;
  return 12;
}

function compactValue(value: Value): Buffer {
  if (typeof value === "string") return Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "number") return varint(zigzag(value));
  return typeof value === "boolean" ? Buffer.alloc(0) : compactStruct(value);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** The first message in `bytes`, or undefined while it is not whole. Reads what `encodeThrift` can write, and no more. */
export function decodeThrift(bytes: Uint8Array): DecodedMessage | undefined {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  try {
    const decoded = readMessage(reader);
    return { ...decoded, bytes: bytes.subarray(0, reader.at) };
  } catch (error) {
    if (error instanceof Incomplete) return undefined;
    throw error;
  }
}

class Incomplete extends Error {}

class Reader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new Incomplete();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  i32(): number {
    return this.take(4).readInt32BE();
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  text(length: number): string {
    return this.take(length).toString("utf8");
  }
}

function readMessage(reader: Reader): ThriftMessage {
  const first = reader.take(4).readUInt32BE();
  reader.at = 0;
  if (first >= 0x8000_0000) return { ...readHeadAndBody(reader), transport: "unframed" };
  const second = reader.bytes.subarray(4, 8);
  if (second.length < 4) throw new Incomplete();
  // Old binary: a name where a frame has a version or the first byte of a name's length.
  if (first < 256 && second.readUInt8() > 0x20 && second.readUInt8() < 0x7f) {
    return { ...readHeadAndBody(reader), transport: "unframed" };
  }
  reader.at = 4;
  reader.take(first);
  reader.at = 4;
  if (second.readUInt16BE() !== HEADER_MAGIC)
    return whole(reader, first, { ...readHeadAndBody(reader), transport: "framed" });
  reader.take(4);
  const sequence = reader.i32();
  const words = reader.take(2).readUInt16BE();
  reader.take(words * 4);
  return whole(reader, first, { ...readHeadAndBody(reader), transport: "header", sequence });
}

function whole(reader: Reader, length: number, message: ThriftMessage): ThriftMessage {
  if (reader.at !== 4 + length) throw new Error(`a frame of ${length} bytes around a message of ${reader.at - 4}`);
  return message;
}

function readHeadAndBody(reader: Reader): ThriftMessage {
  const first = reader.u8();
  if (first === COMPACT_ID) {
    const type = typeOf(reader.u8() >> 5);
    const seqid = reader.varint() | 0;
    const name = reader.text(reader.varint());
    return { type, name, seqid, protocol: "compact", fields: readCompactStruct(reader) };
  }
  reader.at--;
  const word = reader.i32();
  if (word < 0) {
    const name = reader.text(reader.i32());
    return {
      type: typeOf(word & 255),
      name,
      seqid: reader.i32(),
      protocol: "binary",
      fields: readBinaryStruct(reader),
    };
  }
  const name = reader.text(word);
  return { type: typeOf(reader.u8()), name, seqid: reader.i32(), protocol: "old", fields: readBinaryStruct(reader) };
}

function typeOf(number: number): MessageType {
  const type = TYPES[number - 1];
  if (type === undefined) throw new Error(`no message has the type ${number}`);
  return type;
}

function readBinaryStruct(reader: Reader): Map<number, Value> {
  const fields = new Map<number, Value>();
  for (let type = reader.u8(); type !== 0; type = reader.u8()) {
    const id = reader.take(2).readInt16BE();
    if (type === 11) fields.set(id, reader.text(reader.i32()));
    else if (type === 8) fields.set(id, reader.i32());
    else if (type === 2) fields.set(id, reader.u8() !== 0);
    else if (type === 12) fields.set(id, readBinaryStruct(reader));
    else throw new Error(`a field of type ${type}`);
  }
  return fields;
}

function readCompactStruct(reader: Reader): Map<number, Value> {
  const fields = new Map<number, Value>();
  let id = 0;
  for (let tag = reader.u8(); tag !== 0; tag = reader.u8()) {
    id = tag >> 4 ? id + (tag >> 4) : reader.zigzag();
    const type = tag & 15;
    if (type === 8) fields.set(id, reader.text(reader.varint()));
    else if (type === 5) fields.set(id, reader.zigzag());
    else if (type <= 2) fields.set(id, type === 1);
    else if (type === 12) fields.set(id, readCompactStruct(reader));
    else throw new Error(`a field of type ${type}`);
  }
  return fields;
}
