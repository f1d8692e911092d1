import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Bytes as the literate cases write them, tokens between white space:
 *
 *     da bb c2 0000       hexadecimal digits, an even number of them
 *     "R"                 the text in UTF-8
 *     s"2.0.2"            the text as Hessian2 writes it in one chunk: length in UTF-16 units, a unit at a time
 *     61*40000            any of the above, repeated
 *     length              the number of bytes that follow all this, in 4 bytes (the length in a head)
 *     @captures/x.hex     a file of hexadecimal digits
 *     # …                 a comment to the end of the line
 */
export function parseBytes(text: string, folder: string): Buffer {
  const parts: Buffer[] = [];
  let lengthPart = -1;
  for (const [token, body = "", times] of text.matchAll(/#.*|((?:s?"[^"]*")|[^\s*#]+)(?:\*(\d+))?/g)) {
    if (token.startsWith("#")) continue;
    if (token === "length") lengthPart = parts.length;
    const part = token === "length" ? Buffer.alloc(4) : bytesOf(body, folder);
    parts.push(times === undefined ? part : Buffer.concat(Array<Buffer>(Number(times)).fill(part)));
  }
  if (lengthPart >= 0) {
    const following = parts.slice(lengthPart + 1).reduce((sum, part) => sum + part.length, 0);
    parts[lengthPart]?.writeUInt32BE(following);
  }
  return Buffer.concat(parts);
}

function bytesOf(token: string, folder: string): Buffer {
  if (token.startsWith('s"')) return hessianText(token.slice(2, -1));
  if (token.startsWith('"')) return Buffer.from(token.slice(1, -1));
  if (token.startsWith("@")) return parseBytes(readFileSync(join(folder, token.slice(1)), "utf8"), folder);
  if (!/^([0-9a-f]{2})+$/.test(token))
    throw new Error(`"${token}" is neither a text nor an even number of hexadecimal digits`);
  return Buffer.from(token, "hex");
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
