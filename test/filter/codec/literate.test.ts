import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Codec, type Decoded, SCAN_WINDOW_BYTES, type Way } from "./codec.js";
import { type LiterateCase, protocolFolders, readCases } from "./literate.js";

const protocols = protocolFolders();
const cases = protocols.flatMap((protocol) =>
  readCases(join(import.meta.dirname, protocol)).map((one) => ({ ...one, protocol })),
);
const codecs = new Map<string, Codec>();

beforeAll(async () => {
  for (const protocol of protocols) codecs.set(protocol, await Codec.load(protocol));
});

/** A message up to this is shown and scanned in every size. A longer one is a case for windows, and gets a few dozen sizes. */
const SHORT_BYTES = 1000;
/** Windows of a long message: not so small that there are thousands. */
const LEAST_WINDOW_BYTES = 777;

function sizes(bytes: number, least: number): number[] {
  if (bytes <= SHORT_BYTES) return Array.from({ length: bytes }, (_, i) => i + 1);
  const all: number[] = [];
  for (let size = least; size < bytes; size += Math.ceil(size / 2)) all.push(size);
  return [...all, bytes];
}

/** The decoded block's value of a key: bare for numbers, names and yes or no, quoted for texts, "absent" for no attribute. */
function said(decoded: Decoded, key: string): string {
  if (key.startsWith("attribute ")) {
    const value = decoded.attributes[key.slice("attribute ".length)];
    return value === undefined ? "absent" : quoted(value);
  }
  const value = decoded[key as keyof Decoded];
  if (typeof value === "boolean") return value ? "yes" : "no";
  return key === "service" || key === "method" || key === "echo" || key === "others"
    ? JSON.stringify(value)
    : String(value);
}

/** A text in quotes; a long one that is one character over and over as `"x"*8000`. */
function quoted(text: string): string {
  const first = text.slice(0, 1);
  return text.length > 100 && text === first.repeat(text.length) ? `"${first}"*${text.length}` : JSON.stringify(text);
}

function check(
  one: LiterateCase & { protocol: string },
  way: Omit<Way, "direction" | "maxMessageBytes" | "listening">,
): void {
  const codec = codecs.get(one.protocol) as Codec;
  codec.demand(one.wanted);
  const { direction, maxMessageBytes, listening } = one;
  const decoded = codec.decode(one.bytes, { direction, maxMessageBytes, listening, ...way });
  const keys = Object.keys(one.decoded);
  expect(Object.fromEntries(keys.map((key) => [key, said(decoded, key)]))).toEqual(one.decoded);
}

describe.each(cases)("$protocol/$file: $title", (one) => {
  it("when it is all there", () => {
    check(one, { shown: one.bytes.length, window: SCAN_WINDOW_BYTES });
  });

  it("whatever is shown first", () => {
    for (const shown of sizes(one.bytes.length, 1)) check(one, { shown, window: SCAN_WINDOW_BYTES });
  });

  it("whatever the windows of the scan", () => {
    for (const window of sizes(one.bytes.length, LEAST_WINDOW_BYTES)) check(one, { shown: 1, window });
  });

  it("with another message behind it", () => {
    const bytes = Buffer.concat([one.bytes, one.bytes.subarray(0, 40)]);
    check({ ...one, bytes }, { shown: bytes.length, window: SCAN_WINDOW_BYTES });
  });
});
