import {
  answerText,
  type Call,
  decodeMessage,
  describeMessage,
  encodeAnswer,
  encodeCall,
  encodeEvent,
  encodeHeartbeat,
  encodeHeartbeatAnswer,
  isEvent,
  isRequest,
} from "../../support/dubbo.js";
import { type ProtocolMessages, pairs, type ReceivedMessage } from "./protocol-messages.js";

/**
 * Dubbo's messages in cases.
 *
 *     call ID SERVICE.METHOD [version=V] [KEY=VALUE …] [size=BYTES]     KEY: an attachment; size: length of the argument
 *     oneway ID SERVICE.METHOD …
 *     answer ID ["text"] [status=N] [size=BYTES] [KEY=VALUE …]                 KEY: an attachment of the answer
 *     heartbeat ID · heartbeat-answer ID · event ID · readonly ID
 */
export const dubbo: ProtocolMessages = { encode, decode };

function encode(kind: string, words: string[]): Uint8Array {
  const [second = "", ...rest] = words;
  switch (kind) {
    case "call":
    case "oneway":
      return encodeCall(parseCall(kind, second, rest));
    case "answer":
      return encodeAnswer(parseAnswer(second, rest));
    case "heartbeat":
      return encodeHeartbeat(BigInt(second));
    case "heartbeat-answer":
      return encodeHeartbeatAnswer(BigInt(second));
    case "event":
      return encodeEvent(BigInt(second), null);
    case "readonly":
      return encodeEvent(BigInt(second), "R");
    default:
      throw new Error(`no message "${kind}"`);
  }
}

function decode(bytes: Uint8Array): ReceivedMessage | undefined {
  const message = decodeMessage(bytes);
  if (!message) return undefined;
  const { id, status } = message;
  const isError = !isRequest(message) && !isEvent(message) && status !== 20;
  const description = describeMessage(message);
  return { bytes: message.bytes, id, status, description, ...(isError && { text: answerText(message) }) };
}

function parseCall(kind: string, id: string, [target = "", ...options]: string[]): Call {
  const dot = target.lastIndexOf(".");
  const { version, size, serialization, ...attachments } = pairs(options);
  return {
    id: BigInt(id),
    service: target.slice(0, dot),
    method: target.slice(dot + 1),
    oneWay: kind === "oneway",
    attachments,
    ...(version !== undefined && { version }),
    ...(serialization !== undefined && { serialization: Number(serialization) }),
    ...(size !== undefined && { args: ["a".repeat(Number(size))] }),
  };
}

function parseAnswer(id: string, words: string[]) {
  const quoted = words.filter((word) => !word.includes("="));
  const { status, size, ...attachments } = pairs(words.filter((word) => word.includes("=")));
  const value = size === undefined ? (quoted[0] ?? "pong") : "b".repeat(Number(size));
  const given = Object.keys(attachments).length > 0 && { attachments };
  return { id: BigInt(id), value, ...given, ...(status !== undefined && { status: Number(status) }) };
}
