import type { ProtocolMessages } from "./messages/protocol-messages.js";

/**
 * Messages as the cases write them: those of their protocol (messages/PROTOCOL.ts), and in each
 *
 *     hex DA BB … · text "…" (with \r \n) · zeros COUNT
 *     first N of MESSAGE · after N of MESSAGE
 */
export interface MessageText {
  /** What an expectation names it by: "call 1". */
  key: string;
  bytes: Uint8Array;
}

export function parseMessage(source: string, messages: ProtocolMessages): MessageText {
  const words = splitWords(source);
  const [kind = "", second = ""] = words;
  if (kind === "first" || kind === "after") {
    const whole = parseMessage(words.slice(3).map(quote).join(" "), messages);
    const at = Number(second);
    return { key: whole.key, bytes: kind === "first" ? whole.bytes.subarray(0, at) : whole.bytes.subarray(at) };
  }
  return { key: `${kind} ${second}`, bytes: encode(kind, words.slice(1), messages) };
}

function encode(kind: string, words: string[], messages: ProtocolMessages): Uint8Array {
  const [second = ""] = words;
  switch (kind) {
    case "hex":
      return Buffer.from(words.join(""), "hex");
    case "text":
      return Buffer.from(second.replaceAll("\\r", "\r").replaceAll("\\n", "\n"), "latin1");
    case "zeros":
      return new Uint8Array(Number(second));
    default:
      return messages.encode(kind, words);
  }
}

/** Words of a line; "…" holds spaces together and loses its quotes. */
export function splitWords(source: string): string[] {
  return (source.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ""));
}

function quote(word: string): string {
  return /\s/.test(word) || word === "" ? `"${word}"` : word;
}
