import type { ByteQueue } from "../../support/byte-queue.js";

/** RFC 9113, section 6. */
export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const Flag = { ACK: 1, END_STREAM: 1, END_HEADERS: 4, PADDED: 8 } as const;

export const Setting = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
  ENABLE_CONNECT_PROTOCOL: 8,
} as const;

export const ErrorCode = { NO_ERROR: 0, CANCEL: 8, CONNECT_ERROR: 10 } as const;

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const FRAME_HEAD_BYTES = 9;
export const DEFAULT_WINDOW = 65_535;
export const DEFAULT_MAX_FRAME_SIZE = 16_384;
export const MAX_WINDOW = 2 ** 31 - 1;

export interface FrameHead {
  length: number;
  type: number;
  flags: number;
  stream: number;
}

/** The head at the front of the queue, or undefined while it is incomplete. It stays in the queue. */
export function peekHead(bytes: ByteQueue): FrameHead | undefined {
  if (bytes.length < FRAME_HEAD_BYTES) return undefined;
  const head = Buffer.from(bytes.view(0, FRAME_HEAD_BYTES));
  return {
    length: head.readUIntBE(0, 3),
    type: head.readUInt8(3),
    flags: head.readUInt8(4),
    stream: head.readUInt32BE(5),
  };
}

export function encodeFrame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(0),
): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, FRAME_HEAD_BYTES);
  return frame;
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function encodeSettings(settings: ReadonlyArray<readonly [id: number, value: number]>): Buffer {
  const payload = settings.map(([id, value]) => Buffer.concat([Buffer.of(id >> 8, id & 255), word(value)]));
  return encodeFrame(FrameType.SETTINGS, 0, 0, Buffer.concat(payload));
}
