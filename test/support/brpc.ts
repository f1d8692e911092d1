import { bytesField, fieldOf, fieldsOf, numberField } from "./protobuf.js";

/** Messages of bRPC's baidu_std as tests write and read them. */
export interface BrpcCall {
  id: bigint;
  service: string;
  method: string;
  logId?: bigint;
  /** Field 9 of the meta, as apache/brpc writes them. */
  userFields?: Record<string, string>;
  /** Field 7 of the request, as brpc-java writes them. */
  extFields?: Record<string, string>;
  /** Chunk stream and number. */
  chunk?: readonly [stream: bigint, id: bigint];
  /** Whether it is to begin a stream. */
  streaming?: boolean;
  data?: Uint8Array;
  attachment?: Uint8Array;
}

export interface BrpcAnswer {
  id: bigint;
  status?: number;
  text?: string;
  chunk?: readonly [stream: bigint, id: bigint];
  data?: Uint8Array;
}

export interface BrpcMessage {
  bytes: Buffer;
  isRequest: boolean;
  id: bigint;
  service: string;
  method: string;
  status: number;
  text: string;
  body: Buffer;
}

const HEAD_BYTES = 12;

export function encodeBrpcCall(call: BrpcCall): Buffer {
  const entries = (number: number, values: Record<string, string> = {}) =>
    Object.entries(values).map(([key, value]) =>
      bytesField(number, Buffer.concat([bytesField(1, key), bytesField(2, value)])),
    );
  const { id, service, method, logId, userFields, extFields, chunk, attachment = new Uint8Array() } = call;
  const request = [bytesField(1, service), bytesField(2, method)];
  if (logId !== undefined) request.push(numberField(3, logId));
  const meta = [bytesField(1, Buffer.concat([...request, ...entries(7, extFields)])), numberField(4, id)];
  if (attachment.length > 0) meta.push(numberField(5, attachment.length));
  if (chunk !== undefined) meta.push(chunkField(chunk));
  if (call.streaming) meta.push(bytesField(8, numberField(1, 1)));
  meta.push(...entries(9, userFields));
  return packet(Buffer.concat(meta), Buffer.concat([call.data ?? new Uint8Array(), attachment]));
}

export function encodeBrpcAnswer({ id, status = 0, text = "", chunk, data }: BrpcAnswer): Buffer {
  const response = [numberField(1, status), ...(text === "" ? [] : [bytesField(2, text)])];
  const meta = [bytesField(2, Buffer.concat(response)), numberField(4, id)];
  if (chunk !== undefined) meta.push(chunkField(chunk));
  return packet(Buffer.concat(meta), data ?? new Uint8Array());
}

function chunkField([stream, id]: readonly [bigint, bigint]): Buffer {
  return bytesField(6, Buffer.concat([numberField(1, stream), numberField(2, id)]));
}

function packet(meta: Uint8Array, body: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write("PRPC");
  head.writeUInt32BE(meta.length + body.length, 4);
  head.writeUInt32BE(meta.length, 8);
  return Buffer.concat([head, meta, body]);
}

/** The first message in `bytes`, or undefined while it is not whole. */
export function decodeBrpc(bytes: Uint8Array): BrpcMessage | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (all.length < HEAD_BYTES) return undefined;
  if (all.toString("latin1", 0, 4) !== "PRPC") throw new Error(`no baidu_std: ${all.toString("hex", 0, 16)}`);
  const total = HEAD_BYTES + all.readUInt32BE(4);
  if (all.length < total) return undefined;
  const bodyAt = HEAD_BYTES + all.readUInt32BE(8);
  const meta = fieldsOf(all.subarray(HEAD_BYTES, bodyAt));
  const request = fieldOf(meta, 1)?.bytes;
  const inner = fieldsOf(request ?? fieldOf(meta, 2)?.bytes ?? new Uint8Array());
  const textOf = (number: number): string => fieldOf(inner, number)?.bytes?.toString() ?? "";
  return {
    bytes: all.subarray(0, total),
    isRequest: request !== undefined,
    id: fieldOf(meta, 4)?.value ?? 0n,
    service: request ? textOf(1) : "",
    method: request ? textOf(2) : "",
    status: request ? 0 : Number(BigInt.asIntN(32, fieldOf(inner, 1)?.value ?? 0n)),
    text: request ? "" : textOf(2),
    body: all.subarray(bodyAt, total),
  };
}
