/** Packets of Tars as tests write and read them. */
export interface TarsCall {
  id: number;
  servant: string;
  func: string;
  version?: number;
  oneWay?: boolean;
  /** sBuffer: the arguments. */
  buffer?: Uint8Array;
  context?: Record<string, string>;
  status?: Record<string, string>;
}

export interface TarsAnswer {
  id: number;
  version?: number;
  ret?: number;
  desc?: string;
  buffer?: Uint8Array;
}

export interface TarsPacket {
  bytes: Buffer;
  isRequest: boolean;
  version: number;
  id: number;
  servant: string;
  func: string;
  /** iRet, or STATUS_RESULT_CODE of an answer of TUP. */
  status: number;
  text: string;
  buffer: Buffer;
}

const SIMPLE_LIST = 13;
const MAP = 8;

function head(tag: number, type: number): Buffer {
  return tag < 15 ? Buffer.from([(tag << 4) | type]) : Buffer.from([0xf0 | type, tag]);
}

export function tarsNumber(tag: number, value: number): Buffer {
  if (value === 0) return head(tag, 12);
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  if (value >= -0x80 && value < 0x80) return Buffer.concat([head(tag, 0), bytes.subarray(3)]);
  if (value >= -0x8000 && value < 0x8000) return Buffer.concat([head(tag, 1), bytes.subarray(2)]);
  return Buffer.concat([head(tag, 2), bytes]);
}

export function tarsString(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 256) return Buffer.concat([head(tag, 6), Buffer.from([bytes.length]), bytes]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([head(tag, 7), length, bytes]);
}

export function tarsBytes(tag: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([head(tag, SIMPLE_LIST), head(0, 0), tarsNumber(0, bytes.length), bytes]);
}

export function tarsMap(tag: number, entries: Record<string, string>): Buffer {
  const all = Object.entries(entries).flatMap(([key, value]) => [tarsString(0, key), tarsString(1, value)]);
  return Buffer.concat([head(tag, MAP), tarsNumber(0, Object.keys(entries).length), ...all]);
}

export function tarsPacket(...fields: Uint8Array[]): Buffer {
  const body = Buffer.concat(fields);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}

export function encodeTarsCall(call: TarsCall): Buffer {
  const { id, servant, func, version = 1, oneWay = false, buffer = new Uint8Array(), context = {}, status = {} } = call;
  return tarsPacket(
    tarsNumber(1, version),
    tarsNumber(2, oneWay ? 1 : 0),
    tarsNumber(3, 0),
    tarsNumber(4, id),
    tarsString(5, servant),
    tarsString(6, func),
    tarsBytes(7, buffer),
    tarsNumber(8, 3000),
    tarsMap(9, context),
    tarsMap(10, status),
  );
}

export function encodeTarsAnswer({
  id,
  version = 1,
  ret = 0,
  desc = "",
  buffer = new Uint8Array(),
}: TarsAnswer): Buffer {
  if (version === 2 || version === 3) {
    const status = { STATUS_RESULT_CODE: String(ret), STATUS_RESULT_DESC: desc };
    const names = [tarsString(5, "a.b.C"), tarsString(6, "f"), tarsBytes(7, buffer), tarsNumber(8, 0)];
    const numbers = [tarsNumber(1, version), tarsNumber(2, 0), tarsNumber(3, 0), tarsNumber(4, id)];
    return tarsPacket(...numbers, ...names, tarsMap(9, {}), tarsMap(10, status));
  }
  const numbers = [version, 0, id, 0, ret].map((value, i) => tarsNumber(i + 1, value));
  return tarsPacket(...numbers, tarsBytes(6, buffer), tarsMap(7, {}), tarsString(8, desc));
}

type Value = number | string | Buffer | Record<string, string>;

/** The first packet in `bytes`, or undefined while it is not whole. */
export function decodeTars(bytes: Uint8Array, direction: "request" | "response"): TarsPacket | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (all.length < 4 || all.length < all.readUInt32BE(0)) return undefined;
  const packet = all.subarray(0, all.readUInt32BE(0));
  const fields = new Reader(packet).fields();
  const version = Number(fields.get(1));
  const isTup = version === 2 || version === 3;
  const isRequest = direction === "request";
  const named = isRequest || isTup;
  const status = named ? (fields.get(10) as Record<string, string>) : {};
  return {
    bytes: packet,
    isRequest,
    version,
    id: Number(fields.get(named ? 4 : 3)),
    servant: named ? String(fields.get(5)) : "",
    func: named ? String(fields.get(6)) : "",
    status: isRequest ? 0 : Number(isTup ? status.STATUS_RESULT_CODE : fields.get(5)),
    text: isRequest ? "" : String(isTup ? status.STATUS_RESULT_DESC : fields.get(8)),
    buffer: fields.get(named ? 7 : 6) as Buffer,
  };
}

/** Reads what the functions above write. */
class Reader {
  #at = 4;

  constructor(private readonly packet: Buffer) {}

  fields(): Map<number, Value> {
    const fields = new Map<number, Value>();
    while (this.#at < this.packet.length) {
      const { tag, type } = this.#head();
      fields.set(tag, this.#value(type));
    }
    return fields;
  }

  #head(): { tag: number; type: number } {
    const byte = this.packet.readUInt8(this.#at++);
    return { tag: byte >> 4 === 15 ? this.packet.readUInt8(this.#at++) : byte >> 4, type: byte & 15 };
  }

  #take(bytes: number): Buffer {
    this.#at += bytes;
    return this.packet.subarray(this.#at - bytes, this.#at);
  }

  #value(type: number): Value {
    if (type === 12) return 0;
    if (type < 3) return this.#take(1 << type).readIntBE(0, 1 << type);
    if (type === 6) return this.#take(this.#take(1).readUInt8()).toString();
    if (type === 7) return this.#take(this.#take(4).readUInt32BE()).toString();
    if (type === SIMPLE_LIST) {
      this.#head();
      return this.#take(Number(this.#next()));
    }
    if (type !== MAP) throw new Error(`no value of type ${type} is written here`);
    const entries = Array.from({ length: Number(this.#next()) }, () => [String(this.#next()), String(this.#next())]);
    return Object.fromEntries(entries);
  }

  #next(): Value {
    return this.#value(this.#head().type);
  }
}
