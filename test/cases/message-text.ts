import {
  type Call,
  encodeAnswer,
  encodeCall,
  encodeEvent,
  encodeHeartbeat,
  encodeHeartbeatAnswer,
} from "../support/dubbo.js";

/**
 * Messages as the cases write them.
 *
 *     call ID SERVICE.METHOD [version=V] [KEY=VALUE …] [size=BYTES]     KEY: an attachment; size: length of the argument
 *     oneway ID SERVICE.METHOD …
 *     answer ID ["text"] [status=N] [size=BYTES]
 *     heartbeat ID · heartbeat-answer ID · event ID · readonly ID
 *     hex DA BB … · text "…" (with \r \n) · zeros COUNT
 *     first N of MESSAGE · after N of MESSAGE
 */
export interface MessageText {
  /** What an expectation names it by: "call 1". */
  key: string;
  bytes: Uint8Array;
}

export function parseMessage(source: string): MessageText {
  const words = splitWords(source);
  const [kind = "", second = ""] = words;
  if (kind === "first" || kind === "after") {
    const whole = parseMessage(words.slice(3).map(quote).join(" "));
    const at = Number(second);
    return { key: whole.key, bytes: kind === "first" ? whole.bytes.subarray(0, at) : whole.bytes.subarray(at) };
  }
  return { key: `${kind} ${second}`, bytes: encode(kind, words.slice(1)) };
}

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
    case "hex":
      return Buffer.from(words.join(""), "hex");
    case "text":
      return Buffer.from(second.replaceAll("\\r", "\r").replaceAll("\\n", "\n"), "latin1");
    case "zeros":
      return new Uint8Array(Number(second));
    default:
      throw new Error(`no message "${kind}"`);
  }
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
  const { status, size } = pairs(words.filter((word) => word.includes("=")));
  const value = size === undefined ? (quoted[0] ?? "pong") : "b".repeat(Number(size));
  return { id: BigInt(id), value, ...(status !== undefined && { status: Number(status) }) };
}

function pairs(words: string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
}

/** Words of a line; "…" holds spaces together and loses its quotes. */
export function splitWords(source: string): string[] {
  return (source.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ""));
}

function quote(word: string): string {
  return /\s/.test(word) || word === "" ? `"${word}"` : word;
}
