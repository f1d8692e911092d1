import { decodeTars, encodeTarsAnswer, encodeTarsCall, type TarsCall } from "../../support/tars.js";
import { type ProtocolMessages, pairs, type ReceivedMessage } from "./protocol-messages.js";

/**
 * Packets of Tars in cases.
 *
 *     call ID SERVANT.FUNC [version=N] [size=BYTES] [KEY=VALUE …] [status.KEY=VALUE …]     KEY: of context, of status
 *     oneway ID SERVANT.FUNC …
 *     ping ID [version=N]     ping-oneway ID     ping-answer ID [version=N]
 *     answer ID ["text"] [version=N] [status=RET] [size=BYTES]
 *     reconnect 0                                the notice of a server that takes no new calls
 */
export const tars: ProtocolMessages = { encode, decode };

function encode(kind: string, words: string[]): Uint8Array {
  const [second = "", ...rest] = words;
  const id = Number(second);
  switch (kind) {
    case "call":
    case "oneway":
      return encodeTarsCall({ ...parseCall(id, rest), oneWay: kind === "oneway" });
    case "ping":
    case "ping-oneway": {
      const { version = "1" } = pairs(rest);
      const names = { servant: "Demo.Srv.GreetObj", func: "tars_ping" };
      return encodeTarsCall({ id, ...names, version: Number(version), oneWay: kind === "ping-oneway" });
    }
    case "answer":
      return encodeAnswer(id, rest);
    case "ping-answer":
      return encodeTarsAnswer({ id });
    case "reconnect":
      return encodeTarsAnswer({ id: 0, desc: "_reconnect_" });
    default:
      throw new Error(`no packet "${kind}"`);
  }
}

function decode(bytes: Uint8Array, direction: "request" | "response"): ReceivedMessage | undefined {
  const packet = decodeTars(bytes, direction);
  if (!packet) return undefined;
  const { id, status, text, servant, func } = packet;
  const description = `${direction} ${servant}.${func} id ${id}, ret ${status} "${text}", ${packet.bytes.length} bytes`;
  return { bytes: packet.bytes, id: BigInt(id), status, description, ...(status !== 0 && { text }) };
}

function parseCall(id: number, [target = "", ...options]: string[]): TarsCall {
  const dot = target.lastIndexOf(".");
  const { version = "1", size = "3", ...others } = pairs(options);
  const named = Object.entries(others);
  return {
    id,
    servant: target.slice(0, dot),
    func: target.slice(dot + 1),
    version: Number(version),
    buffer: Buffer.alloc(Number(size), "a"),
    context: Object.fromEntries(named.filter(([key]) => !key.startsWith("status."))),
    status: Object.fromEntries(
      named.filter(([key]) => key.startsWith("status.")).map(([key, value]) => [key.slice("status.".length), value]),
    ),
  };
}

function encodeAnswer(id: number, words: string[]): Buffer {
  const [text = "pong"] = words.filter((word) => !word.includes("="));
  const { version = "1", status = "0", size } = pairs(words.filter((word) => word.includes("=")));
  const ret = Number(status);
  const buffer = size === undefined ? Buffer.from(text) : Buffer.alloc(Number(size), "b");
  return encodeTarsAnswer({ id, version: Number(version), ret, desc: ret === 0 ? "" : text, buffer });
}
