import { bytesField, type FieldRead, fieldOf, fieldsOf, numberField } from "./protobuf.js";

/** Messages of tRPC as tests write and read them. */
export const STREAM_FRAMES = ["none", "init", "data", "feedback", "close"] as const;
export type StreamFrame = (typeof STREAM_FRAMES)[number];

export interface TrpcCall {
  id: number;
  callee: string;
  func: string;
  caller?: string;
  oneWay?: boolean;
  /** Of the protocol: the head of version 0 has no id. */
  version?: number;
  transInfo?: Record<string, string>;
  body?: Uint8Array;
  attachment?: Uint8Array;
}

export interface TrpcStatus {
  id: number;
  ret?: number;
  funcRet?: number;
  text?: string;
}

export interface TrpcMessage {
  bytes: Buffer;
  stream: StreamFrame | undefined;
  /** The request's id, or the stream's. */
  id: number;
  /** The id that the head has. */
  headId: number;
  version: number;
  callee: string;
  func: string;
  status: number;
  isReset: boolean;
  text: string;
}

const HEAD_BYTES = 16;

export function encodeTrpcCall(call: TrpcCall): Buffer {
  const { id, callee, func, caller = "trpc.test.client", transInfo = {}, version = 1 } = call;
  const attachment = call.attachment ?? new Uint8Array();
  const header = Buffer.concat([
    ...(call.oneWay ? [numberField(2, 1)] : []),
    numberField(3, id),
    bytesField(5, caller),
    bytesField(6, callee),
    bytesField(7, func),
    ...entries(9, transInfo),
    ...(attachment.length > 0 ? [numberField(12, attachment.length)] : []),
  ]);
  const body = Buffer.concat([call.body ?? new Uint8Array(), attachment]);
  return frame({ type: 0, stream: 0, id: version === 0 ? 0 : id, header, body, version });
}

export function encodeTrpcAnswer({ id, ret = 0, funcRet = 0, text }: TrpcStatus, body = new Uint8Array()): Buffer {
  const header = Buffer.concat([numberField(3, id), ...statusFields([4, 5, 6], ret, funcRet, text)]);
  return frame({ type: 0, stream: 0, id, header, body, version: 1 });
}

/** The INIT of a client. */
export function encodeTrpcInit({ id, callee, func, caller = "trpc.test.client", transInfo = {} }: TrpcCall): Buffer {
  const meta = [bytesField(1, caller), bytesField(2, callee), bytesField(3, func), ...entries(5, transInfo)];
  return streamFrame("init", id, Buffer.concat([bytesField(1, Buffer.concat(meta)), numberField(3, 65535)]));
}

/** The INIT of a server. */
export function encodeTrpcInitAnswer({ id, ret = 0, text }: TrpcStatus): Buffer {
  const meta = Buffer.concat(statusFields([1, 0, 2], ret, 0, text));
  return streamFrame("init", id, Buffer.concat([bytesField(2, meta), numberField(3, 65535)]));
}

/** `reset`: it ends both directions. */
export function encodeTrpcClose({ id, ret = 0, funcRet = 0, text }: TrpcStatus, reset: boolean): Buffer {
  const type = reset ? [numberField(1, 1)] : [];
  return streamFrame("close", id, Buffer.concat([...type, ...statusFields([2, 6, 3], ret, funcRet, text)]));
}

export function streamFrame(stream: StreamFrame, id: number, body: Uint8Array): Buffer {
  const header = new Uint8Array();
  return frame({ type: 1, stream: STREAM_FRAMES.indexOf(stream), id, header, body, version: 0 });
}

function statusFields(numbers: readonly number[], ret: number, funcRet: number, text: string | undefined): Buffer[] {
  const [retNumber = 0, funcRetNumber = 0, textNumber = 0] = numbers;
  return [
    ...(ret === 0 ? [] : [numberField(retNumber, ret)]),
    ...(funcRet === 0 ? [] : [numberField(funcRetNumber, funcRet)]),
    ...(text === undefined ? [] : [bytesField(textNumber, text)]),
  ];
}

function entries(number: number, values: Record<string, string>): Buffer[] {
  return Object.entries(values).map(([key, value]) =>
    bytesField(number, Buffer.concat([bytesField(1, key), bytesField(2, value)])),
  );
}

interface Frame {
  type: number;
  stream: number;
  id: number;
  header: Uint8Array;
  body: Uint8Array;
  version: number;
}

function frame({ type, stream, id, header, body, version }: Frame): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(0x0930);
  head.writeUInt8(type, 2);
  head.writeUInt8(stream, 3);
  head.writeUInt32BE(HEAD_BYTES + header.length + body.length, 4);
  head.writeUInt16BE(header.length, 8);
  head.writeUInt32BE(id, 10);
  head.writeUInt8(version, 14);
  return Buffer.concat([head, header, body]);
}

/** The first message in `bytes`, or undefined while it is not whole. */
export function decodeTrpc(bytes: Uint8Array, direction: "request" | "response"): TrpcMessage | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (all.length < HEAD_BYTES) return undefined;
  if (all.readUInt16BE(0) !== 0x0930) throw new Error(`no tRPC: ${all.toString("hex", 0, 16)}`);
  const total = all.readUInt32BE(4);
  if (all.length < total) return undefined;
  const isStream = all.readUInt8(2) === 1;
  const stream = isStream ? STREAM_FRAMES[all.readUInt8(3)] : undefined;
  const headId = all.readUInt32BE(10);
  const end = isStream ? total : HEAD_BYTES + all.readUInt16BE(8);
  const fields = stream === "data" ? [] : fieldsOf(all.subarray(HEAD_BYTES, end));
  const read = isStream ? ofStream(stream, fields) : ofUnary(direction, fields);
  return {
    bytes: all.subarray(0, total),
    stream,
    id: isStream ? headId : numberOf(fields, 3),
    headId,
    version: all.readUInt8(14),
    callee: "",
    func: "",
    status: 0,
    isReset: false,
    text: "",
    ...read,
  };
}

function ofUnary(direction: "request" | "response", fields: FieldRead[]): Partial<TrpcMessage> {
  if (direction === "request") return { callee: textOf(fields, 6), func: textOf(fields, 7) };
  return { status: numberOf(fields, 4) || numberOf(fields, 5), text: textOf(fields, 6) };
}

function ofStream(stream: StreamFrame | undefined, fields: FieldRead[]): Partial<TrpcMessage> {
  if (stream === "close") {
    const status = numberOf(fields, 2) || numberOf(fields, 6);
    return { status, text: textOf(fields, 3), isReset: numberOf(fields, 1) === 1 };
  }
  if (stream !== "init") return {};
  const request = fieldOf(fields, 1)?.bytes;
  if (request) return { callee: textOf(fieldsOf(request), 2), func: textOf(fieldsOf(request), 3) };
  const response = fieldsOf(fieldOf(fields, 2)?.bytes ?? new Uint8Array());
  return { status: numberOf(response, 1), text: textOf(response, 2) };
}

function textOf(fields: FieldRead[], number: number): string {
  return fieldOf(fields, number)?.bytes?.toString() ?? "";
}

function numberOf(fields: FieldRead[], number: number): number {
  return Number(BigInt.asIntN(32, fieldOf(fields, number)?.value ?? 0n));
}
