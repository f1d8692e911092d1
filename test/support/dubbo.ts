import { type HessianValue, readHessianString, writeHessian } from "./hessian.js";

/** Messages of the Dubbo2 protocol, built and read for the tests alone. */
export const HEAD_BYTES = 16;
const HESSIAN2 = 2;
const REQUEST = 0x80;
const TWO_WAY = 0x40;
const EVENT = 0x20;

export interface Call {
  id: bigint | number;
  service: string;
  method: string;
  version?: string;
  attachments?: Record<string, string>;
  /** Descriptor of the arguments' types. Default: one string. */
  types?: string;
  args?: HessianValue[];
  oneWay?: boolean;
  /** Serialization id of the head. The body stays Hessian. */
  serialization?: number;
}

export interface Answer {
  id: bigint | number;
  /** Default 20, OK: `value` is the result. With any other, `value` is the error's text. */
  status?: number;
  value?: HessianValue;
  /** Default: an answer without any. */
  attachments?: Record<string, string>;
}

export interface DubboMessage {
  flags: number;
  status: number;
  id: bigint;
  body: Uint8Array;
  /** Head and body. */
  bytes: Uint8Array;
}

function frame(flags: number, status: number, id: bigint | number, body: Uint8Array): Buffer {
  const message = Buffer.alloc(HEAD_BYTES + body.length);
  message.writeUInt16BE(0xdabb, 0);
  message[2] = flags;
  message[3] = status;
  message.writeBigUInt64BE(BigInt.asUintN(64, BigInt(id)), 4);
  message.writeUInt32BE(body.length, 12);
  message.set(body, HEAD_BYTES);
  return message;
}

/** Serialization id of fastjson, which writes a text per line. */
const FASTJSON = 6;

function writeLine(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

export function encodeCall(call: Call): Buffer {
  const version = call.version ?? "0.0.0";
  const args = call.args ?? ["ping"];
  const types = call.types ?? "Ljava/lang/String;".repeat(args.length);
  const attachments = { path: call.service, interface: call.service, version, ...call.attachments };
  const body = ["2.0.2", call.service, version, call.method, types, ...args, attachments].map(
    call.serialization === FASTJSON ? writeLine : writeHessian,
  );
  const flags = REQUEST | (call.oneWay ? 0 : TWO_WAY) | (call.serialization ?? HESSIAN2);
  return frame(flags, 0, call.id, Buffer.concat(body));
}

export function encodeAnswer(answer: Answer): Buffer {
  const status = answer.status ?? 20;
  const value = writeHessian(answer.value ?? "pong");
  if (status !== 20) return frame(HESSIAN2, status, answer.id, value);
  const { attachments } = answer;
  const body = attachments ? [Buffer.of(0x94), value, writeHessian(attachments)] : [Buffer.of(0x91), value];
  return frame(HESSIAN2, status, answer.id, Buffer.concat(body));
}

/** A sign of life that wants an answer. */
export function encodeHeartbeat(id: bigint | number): Buffer {
  return frame(REQUEST | TWO_WAY | EVENT | HESSIAN2, 0, id, writeHessian(null));
}

export function encodeHeartbeatAnswer(id: bigint | number): Buffer {
  return frame(EVENT | HESSIAN2, 20, id, writeHessian(null));
}

/** An event that wants no answer; with "R" the read-only event, with null a one-way heartbeat. */
export function encodeEvent(id: bigint | number, data: string | null): Buffer {
  return frame(REQUEST | EVENT | HESSIAN2, 0, id, writeHessian(data));
}

/** The first message in `bytes`, or undefined while it is incomplete. Throws on anything that is not Dubbo. */
export function decodeMessage(bytes: Uint8Array): DubboMessage | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.subarray(0, 2);
  if (magic.length > 0 && Buffer.compare(magic, Buffer.of(0xda, 0xbb).subarray(0, magic.length)) !== 0) {
    throw new Error(
      `not a Dubbo message: ${view.subarray(0, 24).toString("hex")} ${view.subarray(0, 24).toString("latin1")}`,
    );
  }
  if (view.length < HEAD_BYTES) return undefined;
  const total = HEAD_BYTES + view.readUInt32BE(12);
  if (view.length < total) return undefined;
  return {
    flags: view.readUInt8(2),
    status: view.readUInt8(3),
    id: view.readBigUInt64BE(4),
    body: view.subarray(HEAD_BYTES, total),
    bytes: view.subarray(0, total),
  };
}

export function isRequest(message: DubboMessage): boolean {
  return (message.flags & REQUEST) !== 0;
}

export function isEvent(message: DubboMessage): boolean {
  return (message.flags & EVENT) !== 0;
}

export function isTwoWay(message: DubboMessage): boolean {
  return (message.flags & TWO_WAY) !== 0;
}

/** Text of an error, or the string that a call returned. */
export function answerText(message: DubboMessage): string {
  return readHessianString(message.body, message.status === 20 ? 1 : 0).text;
}

/** Service, version and method of a call. */
export function callHead(message: DubboMessage): { service: string; version: string; method: string } {
  const dubbo = readHessianString(message.body);
  const service = readHessianString(message.body, dubbo.end);
  const version = readHessianString(message.body, service.end);
  const method = readHessianString(message.body, version.end);
  return { service: service.text, version: version.text, method: method.text };
}

/** One line that a failing test can print. */
export function describeMessage(message: DubboMessage): string {
  if (isEvent(message)) {
    const kind = isRequest(message) ? (isTwoWay(message) ? "heartbeat" : "event") : "heartbeat-answer";
    return `${kind} id=${message.id}`;
  }
  if (isRequest(message)) {
    const { service, method } = callHead(message);
    return `${isTwoWay(message) ? "call" : "oneway"} id=${message.id} ${service}.${method} (${message.bytes.length} bytes)`;
  }
  return `answer id=${message.id} status=${message.status} (${message.bytes.length} bytes)`;
}
