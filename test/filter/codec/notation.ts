import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesField, numberField } from "../../support/protobuf.js";

/**
 * Bytes as the literate cases write them, tokens between white space:
 *
 *     da bb c2 0000       hexadecimal digits, an even number of them
 *     "R"                 the text in UTF-8; \r and \n in it are line ends
 *     r"GET key"          the words as a Redis command: an array of bulk strings
 *     s"2.0.2"            the text as Hessian2 writes it in one chunk: length in UTF-16 units, a unit at a time
 *     7:"user" 4:=12      field 7 of Protocol Buffers, a text; field 4, a varint
 *     1:{ … }             field 1, a message
 *     61*40000            any of the above, repeated
 *     length              the number of bytes that follow all this, in 4 bytes (the length in a head); length-4, length+4: less or more than that
 *     t"user"             the text behind its length in one byte
 *     { … }               the number of bytes within, in 4 bytes, and these
 *     @captures/x.hex     a file of hexadecimal digits
 *     # …                 a comment to the end of the line
 */
export function parseBytes(text: string, folder: string): Buffer {
  const tokens = text.matchAll(/#.*|((?:[\d:]*[rst]?"[^"]*")|[^\s*#]+)(?:\*(\d+))?/g);
  return bytesUntilEnd(tokens, folder).bytes;
}

/** Up to the end, or to the brace that closes what was opened before. */
function bytesUntilEnd(tokens: Iterator<RegExpExecArray>, folder: string): { bytes: Buffer; times: number } {
  const parts: Buffer[] = [];
  let lengthPart = -1;
  let less = 0;
  let times = 1;
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const [token, body = "", repeated = "1"] = next.value;
    if (token.startsWith("#")) continue;
    if (body === "}") {
      times = Number(repeated);
      break;
    }
    if (body.startsWith("length")) {
      lengthPart = parts.length;
      less = -Number(body.slice("length".length));
    }
    if (body.endsWith("{")) {
      const within = bytesUntilEnd(tokens, folder);
      parts.push(repeat(enclosed(body, within.bytes), within.times));
    } else parts.push(repeat(bytesOf(body, folder), Number(repeated)));
  }
  if (lengthPart >= 0) {
    const following = parts.slice(lengthPart + 1).reduce((sum, part) => sum + part.length, 0);
    parts[lengthPart]?.writeUInt32BE(following - less);
  }
  return { bytes: Buffer.concat(parts), times };
}

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}

function enclosed(opening: string, bytes: Buffer): Buffer {
  if (opening !== "{") return bytesField(Number(opening.slice(0, -2)), bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function bytesOf(token: string, folder: string): Buffer {
  const [, number, value = ""] = /^(\d+):(.*)$/s.exec(token) ?? [];
  if (number !== undefined && value.startsWith("=")) return numberField(Number(number), BigInt(value.slice(1)));
  if (number !== undefined) return bytesField(Number(number), bytesOf(value, folder));
  if (token.startsWith("length")) return Buffer.alloc(4);
  if (token.startsWith('s"')) return hessianText(token.slice(2, -1));
  if (token.startsWith('r"')) return redisCommand(token.slice(2, -1).split(" "));
  if (token.startsWith('"')) {
    return Buffer.from(token.slice(1, -1).replaceAll("\\r", "\r").replaceAll("\\n", "\n"));
  }
  if (token.startsWith('t"')) {
    const text = Buffer.from(token.slice(2, -1));
    return Buffer.concat([Buffer.from([text.length]), text]);
  }
  if (token.startsWith("@")) return parseBytes(readFileSync(join(folder, token.slice(1)), "utf8"), folder);
  if (!/^([0-9a-f]{2})+$/.test(token))
    throw new Error(`"${token}" is neither a text nor an even number of hexadecimal digits`);
  return Buffer.from(token, "hex");
}

export function redisCommand(words: readonly string[]): Buffer {
  const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${bulks.join("")}`);
}

/** One final chunk of Hessian2. */
export function hessianText(text: string): Buffer {
  const { length } = text;
  const head =
    length < 32 ? [length] : length < 1024 ? [0x30 + (length >> 8), length & 255] : [0x53, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), units(text)]);
}

/** CESU-8: each UTF-16 unit by itself. */
export function units(text: string): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}
