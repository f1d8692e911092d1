import http2 from "node:http2";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { encodeFrame, encodeSettings, Flag, FrameType } from "./frame.js";
import { decodeHeaders, encodeHeaders, type Header, type Style } from "./hpack.js";
import { decodeHuffman, encodeHuffman } from "./huffman.js";

const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join("");

/** What Node's HTTP/2 client makes of a header block that answers its first request. */
async function readByNode(block: Uint8Array): Promise<http2.IncomingHttpHeaders> {
  let written = Buffer.alloc(0);
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      const requested = written.includes(REQUEST_HEAD);
      written = Buffer.concat([written, bytes]);
      if (!requested && written.includes(REQUEST_HEAD)) socket.push(answer);
      done();
    },
  });
  const flags = Flag.END_HEADERS | Flag.END_STREAM;
  const answer = Buffer.concat([encodeSettings([]), encodeFrame(FrameType.HEADERS, flags, 1, block)]);
  const session = http2.connect("http://peer", { createConnection: () => socket });
  try {
    return await new Promise((resolve, reject) => {
      session.on("error", reject);
      session.request({ ":method": "GET" }).on("error", reject).on("response", resolve);
    });
  } finally {
    session.destroy();
  }
}

/** Type HEADERS, END_HEADERS and END_STREAM, stream 1. */
const REQUEST_HEAD = Buffer.from("010500000001", "hex");

describe("the peer's HPACK", () => {
  it.each<Style>(["plain", "incremental"])(
    "is read by Node, %s, every printable character Huffman-coded",
    async (style) => {
      const headers: Header[] = [
        [":status", "503"],
        ["x-all", `x${PRINTABLE.trim()}x`],
        ["x-meltemi-response-flags", "UF"],
      ];
      const read = await readByNode(encodeHeaders(headers, style));
      expect(read[":status"]).toBe(503);
      expect(read["x-all"]).toBe(`x${PRINTABLE.trim()}x`);
      expect(read["x-meltemi-response-flags"]).toBe("UF");
    },
  );

  it("reads what it writes", () => {
    const headers: Header[] = [
      [":status", "200"],
      ["date", "today"],
      ["x-long", "v".repeat(300)],
    ];
    expect(decodeHeaders(encodeHeaders(headers, "plain"))).toEqual(headers);
    expect(decodeHuffman(encodeHuffman(PRINTABLE))).toBe(PRINTABLE);
  });

  it("refuses what would need a table that it has not", () => {
    expect(() => decodeHeaders(encodeHeaders([["x", "y"]], "incremental"))).toThrow("marked for indexing");
    expect(() => decodeHeaders(Uint8Array.of(0xbe))).toThrow("by index 62");
    expect(() => decodeHeaders(Uint8Array.of(0x00, 0x05, 0x61))).toThrow("over the end");
  });
});
