import {
  decodeTrpc,
  encodeTrpcAnswer,
  encodeTrpcCall,
  encodeTrpcClose,
  encodeTrpcInit,
  encodeTrpcInitAnswer,
  streamFrame,
  type TrpcCall,
  type TrpcStatus,
} from "../../support/trpc.js";
import { type ProtocolMessages, pairs, type ReceivedMessage } from "./protocol-messages.js";

/**
 * Messages of tRPC in cases.
 *
 *     call ID CALLEE/METHOD [caller=NAME] [version=0] [attachment=TEXT] [size=BYTES] [KEY=VALUE …]     KEY: of trans_info
 *     oneway ID CALLEE/METHOD …
 *     answer ID ["text"] [status=RET] [func_ret=N] [size=BYTES]
 *
 * Frames of the stream with this id, by their own number N or a name, which is part of a data frame's body:
 *
 *     init ID CALLEE/METHOD [caller=NAME] [KEY=VALUE …]     init-answer ID ["text"] [status=RET]
 *     data ID.N [size=BYTES]     feedback ID.N
 *     close ID     reset ID     close-answer ID     reset-answer ID ["text"] [status=RET]
 */
export const trpc: ProtocolMessages = { encode, decode };

function encode(kind: string, words: string[]): Uint8Array {
  const [second = "", ...rest] = words;
  const [number = ""] = second.split(".");
  const id = Number(number);
  switch (kind) {
    case "call":
    case "oneway":
      return encodeTrpcCall({ ...parseCall(id, rest), oneWay: kind === "oneway" });
    case "init":
      return encodeTrpcInit(parseCall(id, rest));
    case "answer":
      return encodeAnswer(id, rest);
    case "init-answer":
      return encodeTrpcInitAnswer(parseStatus(id, rest));
    case "data":
      return streamFrame("data", id, Buffer.alloc(Number(pairs(rest).size ?? second.length), second));
    case "feedback":
      return streamFrame("feedback", id, Buffer.from([0x08, second.length]));
    case "close":
    case "close-answer":
      return encodeTrpcClose(parseStatus(id, rest), false);
    case "reset":
    case "reset-answer":
      return encodeTrpcClose(parseStatus(id, rest), true);
    default:
      throw new Error(`no message "${kind}"`);
  }
}

function decode(bytes: Uint8Array, direction: "request" | "response"): ReceivedMessage | undefined {
  const message = decodeTrpc(bytes, direction);
  if (!message) return undefined;
  const { id, status, text, stream = "unary", callee, func } = message;
  const description = `${stream} ${callee}${func} id ${id}, status ${status} "${text}", ${message.bytes.length} bytes`;
  return { bytes: message.bytes, id: BigInt(id), status, description, ...(status !== 0 && { text }) };
}

function parseCall(id: number, [target = "", ...options]: string[]): TrpcCall {
  const { caller, version, attachment, size = "3", ...transInfo } = pairs(options);
  const callee = target.slice(0, target.indexOf("/"));
  return {
    id,
    callee,
    func: callee === "" ? target : `/${target}`,
    transInfo,
    body: Buffer.alloc(Number(size), "a"),
    ...(caller !== undefined && { caller }),
    ...(version !== undefined && { version: Number(version) }),
    ...(attachment !== undefined && { attachment: Buffer.from(attachment) }),
  };
}

function encodeAnswer(id: number, words: string[]): Buffer {
  const status = parseStatus(id, words);
  const { size } = pairs(words.filter((word) => word.includes("=")));
  if (status.ret || status.funcRet) return encodeTrpcAnswer(status);
  const body = size === undefined ? Buffer.from(status.text ?? "pong") : Buffer.alloc(Number(size), "b");
  return encodeTrpcAnswer({ id }, body);
}

function parseStatus(id: number, words: string[]): TrpcStatus {
  const [text] = words.filter((word) => !word.includes("="));
  const { status = "0", func_ret = "0" } = pairs(words.filter((word) => word.includes("=")));
  return { id, ret: Number(status), funcRet: Number(func_ret), ...(text !== undefined && { text }) };
}
