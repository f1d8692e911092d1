import { type BrpcCall, decodeBrpc, encodeBrpcAnswer, encodeBrpcCall } from "../../support/brpc.js";
import { type ProtocolMessages, pairs, type ReceivedMessage } from "./protocol-messages.js";

/**
 * Messages of bRPC's baidu_std in cases.
 *
 *     call ID SERVICE.METHOD [log_id=N] [attachment=TEXT] [size=BYTES] [streaming=1] [KEY=VALUE …] [ext.KEY=VALUE …]
 *     chunk ID.N SERVICE.METHOD        packet N of a call in chunks; the last has number -1
 *     answer ID ["text"] [status=N] [size=BYTES]
 *     answer-chunk ID.N
 *
 * KEY: a user field of apache/brpc; ext.KEY: a key-value of brpc-java.
 */
export const brpc: ProtocolMessages = { encode, decode };

const CHUNK_STREAM = 1000n;

function encode(kind: string, words: string[]): Uint8Array {
  const [second = "", ...rest] = words;
  switch (kind) {
    case "call":
      return encodeBrpcCall(parseCall(BigInt(second), rest));
    case "chunk": {
      const { id, chunk } = parseChunk(second);
      return encodeBrpcCall({ ...parseCall(id, rest), chunk, data: Buffer.from(second) });
    }
    case "answer":
      return encodeBrpcAnswer(parseAnswer(BigInt(second), rest));
    case "answer-chunk":
      return encodeBrpcAnswer({ ...parseChunk(second), data: Buffer.from(second) });
    default:
      throw new Error(`no message "${kind}"`);
  }
}

function decode(bytes: Uint8Array): ReceivedMessage | undefined {
  const message = decodeBrpc(bytes);
  if (!message) return undefined;
  const { id, status, text, isRequest } = message;
  const what = isRequest ? `call ${message.service}.${message.method}` : `answer, status ${status} "${text}"`;
  const description = `${what}, id ${id}, ${message.bytes.length} bytes`;
  return { bytes: message.bytes, id, status, description, ...(!isRequest && status !== 0 && { text }) };
}

function parseCall(id: bigint, [target = "", ...options]: string[]): BrpcCall {
  const dot = target.lastIndexOf(".");
  const { log_id, attachment, size = "3", streaming, ...fields } = pairs(options);
  const named = Object.entries(fields);
  const ext = named.filter(([key]) => key.startsWith("ext.")).map(([key, value]) => [key.slice(4), value]);
  return {
    id,
    service: target.slice(0, dot),
    method: target.slice(dot + 1),
    streaming: streaming !== undefined,
    userFields: Object.fromEntries(named.filter(([key]) => !key.startsWith("ext."))),
    extFields: Object.fromEntries(ext),
    data: Buffer.alloc(Number(size), "a"),
    ...(log_id !== undefined && { logId: BigInt(log_id) }),
    ...(attachment !== undefined && { attachment: Buffer.from(attachment) }),
  };
}

function parseChunk(text: string): { id: bigint; chunk: readonly [bigint, bigint] } {
  const [id = "", number = ""] = text.split(".");
  return { id: BigInt(id), chunk: [CHUNK_STREAM + BigInt(id), BigInt(number)] };
}

function parseAnswer(id: bigint, words: string[]) {
  const [text = "pong"] = words.filter((word) => !word.includes("="));
  const { status, size } = pairs(words.filter((word) => word.includes("=")));
  if (status !== undefined && status !== "0") return { id, status: Number(status), text };
  return { id, data: size === undefined ? Buffer.from(text) : Buffer.alloc(Number(size), "b") };
}
