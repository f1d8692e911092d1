/** Messages of the protocol that test/filter/codec/declared-awesome declares: AW, a varint of length, kind, id, and a header in protobuf. */
export type AwesomeKind = "call" | "oneway" | "heartbeat" | "answer";

export interface AwesomeMessage {
  readonly kind: AwesomeKind;
  readonly id: number;
  readonly service?: string;
  readonly method?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly status?: number;
  /** Of an answer that is an error. */
  readonly text?: string;
  readonly body?: Uint8Array;
}

const KINDS: readonly AwesomeKind[] = ["call", "oneway", "heartbeat", "answer"];
const [SERVICE, METHOD, TAGS, STATUS, TEXT] = [1, 2, 3, 6, 7];
const [BYTES, FIXED32] = [2, 5];

export function encodeAwesome({
  kind,
  id,
  tags = {},
  status,
  body = new Uint8Array(),
  ...header
}: AwesomeMessage): Buffer {
  const { service, method, text } = header;
  const fields = [
    ...(service === undefined ? [] : [bytesField(SERVICE, service)]),
    ...(method === undefined ? [] : [bytesField(METHOD, method)]),
    ...Object.entries(tags).map(([key, value]) => {
      return bytesField(TAGS, Buffer.concat([bytesField(1, key), bytesField(2, value)]));
    }),
    ...(status === undefined ? [] : [fixedField(STATUS, status)]),
    ...(text === undefined ? [] : [bytesField(TEXT, text)]),
  ];
  const head = Buffer.alloc(5);
  head[0] = KINDS.indexOf(kind) + 1;
  head.writeUInt32BE(id, 1);
  const encoded = Buffer.concat(fields);
  const rest = Buffer.concat([head, varint(encoded.length), encoded, body]);
  return Buffer.concat([Buffer.from("AW"), varint(rest.length), rest]);
}

/** The first message in `bytes`, and how many it takes; undefined while it is not whole. */
export function decodeAwesome(bytes: Uint8Array): (AwesomeMessage & { readonly bytes: Uint8Array }) | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!"AW".startsWith(view.toString("latin1", 0, 2))) throw new Error(`not awesome: ${view.toString("hex", 0, 20)}`);
  const length = readVarint(view, 2);
  if (length === undefined || length.end + length.value > view.length) return undefined;
  const end = length.end + length.value;
  const kind = KINDS[(view[length.end] ?? 0) - 1];
  if (kind === undefined) throw new Error(`kind ${view[length.end]}`);
  const id = view.readUInt32BE(length.end + 1);
  const header = readVarint(view, length.end + 5) ?? { value: 0, end };
  const headerEnd = header.end + header.value;
  const fields = readFields(view.subarray(header.end, headerEnd));
  const tags = fields.filter(({ number }) => number === TAGS).map(({ value }) => readFields(value as Buffer));
  const text = (number: number): string | undefined =>
    fields.find((field) => field.number === number)?.value.toString();
  return {
    kind,
    id,
    bytes: bytes.subarray(0, end),
    body: view.subarray(headerEnd, end),
    service: text(SERVICE) ?? "",
    method: text(METHOD) ?? "",
    tags: Object.fromEntries(tags.map((tag) => [tag[0]?.value.toString() ?? "", tag[1]?.value.toString() ?? ""])),
    status: Number(fields.find(({ number }) => number === STATUS)?.value ?? 0),
    text: text(TEXT) ?? "",
  };
}

function readFields(bytes: Buffer): { readonly number: number; readonly value: Buffer | number }[] {
  const fields: { number: number; value: Buffer | number }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at) ?? { value: 0, end: bytes.length };
    const number = tag.value >> 3;
    if ((tag.value & 7) === FIXED32) {
      fields.push({ number, value: bytes.readInt32LE(tag.end) });
      at = tag.end + 4;
      continue;
    }
    const length = readVarint(bytes, tag.end) ?? { value: 0, end: bytes.length };
    const isBytes = (tag.value & 7) === BYTES;
    at = isBytes ? length.end + length.value : length.end;
    fields.push({ number, value: isBytes ? bytes.subarray(length.end, at) : length.value });
  }
  return fields;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let shift = 0; at < bytes.length; shift += 7, at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, end: at + 1 };
  }
  return undefined;
}

function bytesField(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([varint((number << 3) | BYTES), varint(bytes.length), bytes]);
}

function fixedField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return Buffer.concat([varint((number << 3) | FIXED32), bytes]);
}
