import hessian from "hessian.js";

/** The 16 bytes before each body: magic, flags, status, request id, body's length. */
const HEAD_BYTES = 16;
const MAGIC = 0xdabb;
const FLAGS_AT = 2;
const STATUS_AT = 3;
const REQUEST_ID_AT = 4;
const BODY_LENGTH_AT = 12;

const FLAG_REQUEST = 0x80;
const FLAG_TWO_WAY = 0x40;
const FLAG_EVENT = 0x20;
const SERIALIZATION_HESSIAN2 = 2;
const STATUS_OK = 20;
const RESPONSE_VALUE_WITH_ATTACHMENTS = 4;

export interface DubboRequest {
  /** As it came, to stand in the response. */
  readonly id: Buffer;
  readonly isEvent: boolean;
  readonly isTwoWay: boolean;
  readonly body: Buffer;
}

export interface Invocation {
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly attachments: Readonly<Record<string, unknown>>;
}

/** Takes the whole messages off the front of what has been received; what is left is the beginning of the next one. */
export function takeRequests(received: Buffer): { requests: DubboRequest[]; rest: Buffer } {
  const requests: DubboRequest[] = [];
  let rest = received;
  while (rest.length >= HEAD_BYTES) {
    if (rest.readUInt16BE(0) !== MAGIC) throw new Error("these bytes are not Dubbo's: the magic number is wrong");
    const end = HEAD_BYTES + rest.readUInt32BE(BODY_LENGTH_AT);
    if (rest.length < end) break;
    const flags = rest.readUInt8(FLAGS_AT);
    if ((flags & FLAG_REQUEST) !== 0) {
      requests.push({
        id: rest.subarray(REQUEST_ID_AT, BODY_LENGTH_AT),
        isEvent: (flags & FLAG_EVENT) !== 0,
        isTwoWay: (flags & FLAG_TWO_WAY) !== 0,
        body: rest.subarray(HEAD_BYTES, end),
      });
    }
    rest = rest.subarray(end);
  }
  return { requests, rest };
}

/** A request's body: Dubbo's version, path, version, method, parameter types, the arguments, the attachments. */
export function decodeInvocation(body: Buffer): Invocation {
  const decoder = new hessian.DecoderV2(body);
  const [, service, , method, types] = Array.from({ length: 5 }, () => String(decoder.read()));
  const args = Array.from({ length: countParameters(types ?? "") }, () => decoder.read());
  const attachments = decoder.read() as Record<string, unknown>;
  return { service: service ?? "", method: method ?? "", args, attachments };
}

/** JVM descriptors in a row: "Ljava/lang/String;I[J" are three. */
function countParameters(types: string): number {
  return types.match(/\[*(?:L[^;]*;|[BCDFIJSVZ])/g)?.length ?? 0;
}

export function encodeReply(id: Buffer, value: unknown, attachments: Readonly<Record<string, string>>): Buffer {
  const encoder = new hessian.EncoderV2();
  encoder.write(RESPONSE_VALUE_WITH_ATTACHMENTS).write(value);
  encoder.write({ $class: "java.util.HashMap", $: attachments });
  return frame(SERIALIZATION_HESSIAN2, id, encoder.get());
}

/** The answer to a heartbeat, which is an event whose body is null. */
export function encodeHeartbeatReply(id: Buffer): Buffer {
  return frame(SERIALIZATION_HESSIAN2 | FLAG_EVENT, id, new hessian.EncoderV2().write(null).get());
}

function frame(flags: number, id: Buffer, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(MAGIC, 0);
  head.writeUInt8(flags, FLAGS_AT);
  head.writeUInt8(STATUS_OK, STATUS_AT);
  id.copy(head, REQUEST_ID_AT);
  head.writeUInt32BE(body.length, BODY_LENGTH_AT);
  return Buffer.concat([head, body]);
}
