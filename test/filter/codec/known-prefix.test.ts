import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Codec, type Decoded, type Way } from "./codec.js";
import { readCases } from "./literate.js";

const WANTED = ["interface", "method", "version", "user"];
const request = readCases(join(import.meta.dirname, "dubbo")).find(({ title }) => title === "java-attachment-request");

function decode(codec: Codec, bytes: Uint8Array, shown = bytes.length): Decoded {
  const way: Way = { direction: "request", maxMessageBytes: 16 << 20, shown, window: bytes.length };
  return codec.decode(bytes, way);
}

/** A codec that knows no call, or the calls that it is shown. */
async function codecThatKnows(...calls: readonly Uint8Array[]): Promise<Codec> {
  const codec = await Codec.load();
  codec.demand(WANTED);
  for (const call of calls) decode(codec, call);
  return codec;
}

describe("a call that begins like one before it", () => {
  const bytes = request?.bytes ?? Buffer.alloc(0);

  it("says what it would say if it were the first, whichever byte is another", async () => {
    expect(bytes.length).toBeGreaterThan(200);
    const expected = decode(await codecThatKnows(), bytes);
    for (let at = 16; at < bytes.length; at++) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] ?? 0) ^ (at % 3 ? 0x01 : 0x81);
      const knowing = await codecThatKnows(bytes);
      expect(decode(knowing, other), `byte ${at}`).toEqual(decode(await codecThatKnows(), other));
      // What is known of one is not changed by the other.
      expect(decode(knowing, bytes)).toEqual(expected);
    }
  }, 60_000);

  it("is read to its end, not to the other's", async () => {
    const expected = decode(await codecThatKnows(), bytes);
    const knowing = await codecThatKnows(bytes);
    for (let shown = 1; shown <= bytes.length; shown++) expect(decode(knowing, bytes, shown)).toEqual(expected);
  });

  it("fills what is asked for now, not what was asked for then", async () => {
    const knowing = await codecThatKnows(bytes);
    for (const wanted of [["version"], ["user", "method"], []]) {
      knowing.demand(wanted);
      const fresh = await Codec.load();
      fresh.demand(wanted);
      expect(decode(knowing, bytes)).toEqual(decode(fresh, bytes));
    }
  });
});
