import type { ProtocolMessages, ReceivedMessage } from "./protocol-messages.js";

/**
 * Redis's messages in cases. A case calls a command by its words, an answer by its text.
 *
 *     do GET/k                            the words between slashes as an array of bulk strings
 *     do SET/k/size=BYTES                 the last word: so many letters
 *     say "GET k"                         a line of words
 *     ok · queued · reset                 +OK · +QUEUED · +RESET
 *     bulk TEXT · bulk size=BYTES         $…
 *     error "ERR why" · integer N · nil
 *     list a,b,c                          an array of bulk strings and :N for integers
 *     push a,b,c                          the same as a push
 *
 * The filter's own answers: `reply - ERR "…"`, with the first word in the place of the status, by its number (see docs/protocols/redis.md).
 */
export const redis: ProtocolMessages = { encode, decode };

function encode(kind: string, words: string[]): Uint8Array {
  const [word = ""] = words;
  switch (kind) {
    case "do":
      return array("*", word.split("/").map(sized));
    case "say":
      return Buffer.from(`${word}\r\n`);
    case "ok":
      return Buffer.from("+OK\r\n");
    case "queued":
      return Buffer.from("+QUEUED\r\n");
    case "reset":
      return Buffer.from("+RESET\r\n");
    case "bulk":
      return bulk(sized(word));
    case "error":
      return Buffer.from(`-${word}\r\n`);
    case "integer":
      return Buffer.from(`:${word}\r\n`);
    case "nil":
      return Buffer.from("$-1\r\n");
    case "empty":
      return Buffer.from("*0\r\n");
    case "list":
      return array("*", word.split(","));
    case "push":
      return array(">", word.split(","));
    default:
      throw new Error(`no message "${kind}"`);
  }
}

function sized(word: string): string {
  return word.startsWith("size=") ? "b".repeat(Number(word.slice(5))) : word;
}

function bulk(text: string): Buffer {
  return Buffer.from(`$${Buffer.byteLength(text)}\r\n${text}\r\n`);
}

function array(type: string, words: readonly string[]): Buffer {
  const elements = words.map((word) => (/^:\d+$/.test(word) ? Buffer.from(`${word}\r\n`) : bulk(word)));
  return Buffer.concat([Buffer.from(`${type}${words.length}\r\n`), ...elements]);
}

const STATUSES = [
  "OK",
  "ERR",
  "WRONGTYPE",
  "NOAUTH",
  "WRONGPASS",
  "NOPERM",
  "MOVED",
  "ASK",
  "CLUSTERDOWN",
  "CROSSSLOT",
];
const EXECABORT = 19;

function decode(bytes: Uint8Array, direction: "request" | "response"): ReceivedMessage | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inline = direction === "request" && all.length > 0 && all[0] !== 0x2a;
  const end = inline ? all.indexOf("\n") + 1 : valueEnd(all, 0);
  if (!end || end > all.length) return undefined;
  const message = all.subarray(0, end);
  const description = JSON.stringify(message.subarray(0, 80).toString("latin1"));
  if (message[0] !== 0x2d) return { bytes: message, description };
  const text = message.toString("utf8", 1, end - 2);
  const [word = ""] = text.split(" ");
  const status = word === "EXECABORT" ? EXECABORT : Math.max(1, STATUSES.indexOf(word));
  return { bytes: message, status, text, description };
}

/** Where the value at `at` ends, 0 if that is not known yet. */
function valueEnd(bytes: Buffer, at: number): number {
  const line = bytes.indexOf("\r\n", at);
  if (line < 0) return 0;
  const type = String.fromCharCode(bytes[at] ?? 0);
  const count = Number(bytes.toString("latin1", at + 1, line));
  if ("$=!".includes(type)) return count < 0 ? line + 2 : line + 2 + count + 2;
  if (!"*%~>|".includes(type)) return line + 2;
  let end = line + 2;
  const values = "%|".includes(type) ? 2 * count : count;
  for (let i = 0; i < values && end; i++) end = valueEnd(bytes, end);
  return end;
}
