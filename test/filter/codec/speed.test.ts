import { join } from "node:path";
import { beforeAll, describe, it } from "vitest";
import { Codec } from "./codec.js";
import { readCases } from "./literate.js";

/** Says what a decode costs here, for whoever changes it. Nothing is asserted: a busy machine is no failure. */
describe("speed", () => {
  let codec: Codec;
  const cases = new Map(readCases(join(import.meta.dirname, "dubbo")).map((one) => [one.title, one.bytes]));

  beforeAll(async () => {
    codec = await Codec.load();
  });

  /** Nanoseconds of a decode, the best of five runs after one to warm up. */
  function nanoseconds(bytes: Buffer, times: number): number {
    const p = codec.place(bytes);
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 6; run++) {
      const start = process.hrtime.bigint();
      codec.wasm.decodeRequestTimes(p, bytes.length, times);
      const taken = Number(process.hrtime.bigint() - start) / times;
      if (run) best = Math.min(best, taken);
    }
    return best;
  }

  it.each([
    ["java-attachment-request", "method", 20_000],
    ["java-attachment-request", "user", 20_000],
    ["java-order-request", "method", 20_000],
    ["java-order-request", "user", 20_000],
    ["A text of a megabyte", "user", 10],
    ["A megabyte of three-byte characters", "user", 10],
    ["A hundred thousand ints", "user", 10],
  ])("of %s, wanting %s", (title, wanted, times) => {
    const bytes = cases.get(title);
    if (!bytes) throw new Error(`no case is called "${title}"`);
    codec.demand([wanted]);
    const ns = nanoseconds(bytes, times);
    const rate = bytes.length > 10_000 ? `, ${((bytes.length / ns) * 1000).toFixed(0)} MB/s` : "";
    console.info(`${title} (${bytes.length} bytes), wanting ${wanted}: ${ns.toFixed(0)} ns${rate}`);
  });
});
