import { decodeHuffman, encodeHuffman } from "./huffman.js";

export type Header = readonly [name: string, value: string];

/** The entries of RFC 7541's static table that a CONNECT request or its answer may name. */
const STATIC: ReadonlyMap<number, Header> = new Map([
  [1, [":authority", ""]],
  [2, [":method", "GET"]],
  [3, [":method", "POST"]],
  [4, [":path", "/"]],
  [6, [":scheme", "http"]],
  [8, [":status", "200"]],
  [14, [":status", "500"]],
  [33, ["date", ""]],
  [54, ["server", ""]],
]);

export type Style =
  /** As Envoy 1.40: literals without indexing. */
  | "plain"
  /** As Envoy 1.36: literals marked for indexing, though our table has no room. */
  | "incremental";

/** Integer with a prefix of `bits` bits (RFC 7541, 5.1) under the bits of `pattern`. */
function encodeInteger(pattern: number, bits: number, value: number): number[] {
  const most = (1 << bits) - 1;
  if (value < most) return [pattern | value];
  const bytes = [pattern | most];
  let rest = value - most;
  for (; rest >= 128; rest >>= 7) bytes.push(128 | (rest & 127));
  bytes.push(rest);
  return bytes;
}

function encodeString(text: string, huffman: boolean): Uint8Array {
  const packed = huffman ? encodeHuffman(text) : Buffer.from(text);
  if (huffman && packed.length < text.length) {
    return Buffer.concat([Uint8Array.from(encodeInteger(0x80, 7, packed.length)), packed]);
  }
  return Buffer.concat([Uint8Array.from(encodeInteger(0, 7, text.length)), Buffer.from(text)]);
}

/** Names literal, values Huffman where that is shorter; `:status: 200` and the names of the static table by index. */
export function encodeHeaders(headers: readonly Header[], style: Style): Uint8Array {
  const parts: Uint8Array[] = [];
  const pattern = style === "incremental" ? 0x40 : 0x00;
  const bits = style === "incremental" ? 6 : 4;
  for (const [name, value] of headers) {
    if (name === ":status" && value === "200") {
      parts.push(Uint8Array.of(0x88));
      continue;
    }
    const index = name === ":status" ? 8 : ([...STATIC].find(([, entry]) => entry[0] === name)?.[0] ?? 0);
    parts.push(Uint8Array.from(encodeInteger(pattern, bits, index)));
    if (index === 0) parts.push(encodeString(name, false));
    parts.push(encodeString(value, true));
  }
  return Buffer.concat(parts);
}

/** Decodes a header block that keeps no state: literals without indexing and the static table. Anything else throws. */
export function decodeHeaders(block: Uint8Array): Header[] {
  const reader = new Reader(block);
  const headers: Header[] = [];
  while (reader.more()) {
    const first = reader.peek();
    if (first & 0x80) headers.push(staticEntry(reader.integer(7)));
    else if (first & 0x40) throw new Error("a header is marked for indexing, but HCM's table is not ours to fill");
    else if (first & 0x20) throw new Error("a dynamic table size update in a request");
    else {
      const index = reader.integer(4);
      headers.push([index === 0 ? reader.string() : staticEntry(index)[0], reader.string()]);
    }
  }
  return headers;
}

function staticEntry(index: number): Header {
  const entry = STATIC.get(index);
  if (!entry) throw new Error(`header by index ${index}, which no tunnel has a use for`);
  return entry;
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  more(): boolean {
    return this.at < this.bytes.length;
  }

  peek(): number {
    return this.bytes[this.at] ?? 0;
  }

  integer(bits: number): number {
    const most = (1 << bits) - 1;
    let value = this.byte() & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  string(): string {
    const huffman = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    if (this.at + length > this.bytes.length) throw new Error("a header string runs over the end of its block");
    const text = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return huffman ? decodeHuffman(text) : Buffer.from(text).toString("latin1");
  }

  private byte(): number {
    if (!this.more()) throw new Error("a header block is cut off");
    return this.bytes[this.at++] ?? 0;
  }
}
