import { type ProtocolMessages, pairs, type ReceivedMessage } from "./protocol-messages.js";

/**
 * Lines of the declared protocol `text` (test/filter/codec/declared-text) in cases. What a line is called by is its option `n`.
 *
 *     call N SERVICE.METHOD [KEY=VALUE …] · cast N SERVICE.METHOD …
 *     answer N · error N [size=BYTES] · ping N · pong N
 */
export const textLines: ProtocolMessages = { encode, decode };

function encode(kind: string, [second = "", target = "", ...options]: string[]): Uint8Array {
  switch (kind) {
    case "call":
    case "cast": {
      const dot = target.lastIndexOf(".");
      const words = [`n=${second}`, ...options].join("&");
      return Buffer.from(`${kind.toUpperCase()} ${target.slice(0, dot)} ${target.slice(dot + 1)} ${words}\r\n`);
    }
    case "answer":
      return Buffer.from(`+${second} ${"b".repeat(Number(pairs([target]).size ?? 3))}\r\n`);
    case "error":
      return Buffer.from(`-7 ${second}\r\n`);
    case "ping":
      return Buffer.from("PING\r\n");
    case "pong":
      return Buffer.from("+PONG\r\n");
    default:
      throw new Error(`no message "${kind}"`);
  }
}

function decode(bytes: Uint8Array): ReceivedMessage | undefined {
  const view = Buffer.from(bytes);
  const end = view.indexOf("\r\n");
  if (end < 0) return undefined;
  const line = view.toString("utf8", 0, end);
  const [, status, text = ""] = /^-(\d+) (.*)$/.exec(line) ?? [];
  return {
    bytes: bytes.subarray(0, end + 2),
    description: line,
    ...(status !== undefined && { status: Number(status), text }),
  };
}
