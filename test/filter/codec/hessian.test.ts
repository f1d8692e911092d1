import hessian from "hessian.js";
import { beforeAll, describe, expect, it } from "vitest";
import { Codec, type Decoded, SCAN_WINDOW_BYTES } from "./codec.js";
import { hessianDecoder } from "./hessian-decoder.js";
import { HessianValues } from "./hessian-values.js";
import { hessianText } from "./notation.js";
import { Random } from "./random.js";

const ROUNDS = 400;
let codec: Codec;

beforeAll(async () => {
  codec = await Codec.load();
  codec.demand(["user", "after"]);
});

/** A call with these arguments, whose attachments are written by `attachments`. */
function call(args: Buffer, count: number, attachments: Buffer): Buffer {
  const texts = ["2.0.2", "com.acme.Orders", "1.0.0", "place", "Ljava/lang/Object;".repeat(count)].map(hessianText);
  const body = Buffer.concat([...texts, args, attachments]);
  const head = Buffer.from("dabbc200000000000000000100000000", "hex");
  head.writeUInt32BE(body.length, 12);
  return Buffer.concat([head, body]);
}

const attachments = Buffer.concat([
  Buffer.from("H"),
  ...["path", "com.acme.Orders", "user", "jason", "after", "all"].map(hessianText),
  Buffer.from("Z"),
]);

function decode(bytes: Buffer, random: Random): Decoded {
  return codec.decode(bytes, {
    direction: "request",
    maxMessageBytes: 16 << 20,
    shown: 1 + random.below(bytes.length),
    window: random.pick([SCAN_WINDOW_BYTES, 1 + random.below(bytes.length)]),
  });
}

describe("passing arguments", () => {
  it("passes what the published codec writes", () => {
    const random = new Random(1);
    for (let round = 0; round < ROUNDS; round++) {
      const encoder = new hessian.EncoderV2();
      const count = 1 + random.below(4);
      for (let i = 0; i < count; i++) encoder.write(javaValue(random, 0));
      encoder.write({ path: "com.acme.Orders", user: "jason", after: "all" });
      const bytes = call(Buffer.from(encoder.get()), count, Buffer.alloc(0));
      expect(decode(bytes, random), `round ${round}: ${bytes.toString("hex")}`).toMatchObject({
        step: "DONE",
        attributes: { user: "jason", after: "all" },
      });
    }
  });

  it("passes every form of every type", () => {
    const random = new Random(2);
    for (let round = 0; round < ROUNDS; round++) {
      const values = new HessianValues(random);
      const count = 1 + random.below(4);
      const bytes = call(values.values(count, 0), count, attachments);
      expect(decode(bytes, random), `round ${round}: ${bytes.toString("hex")}`).toMatchObject({
        step: "DONE",
        attributes: { user: "jason", after: "all" },
      });
    }
  });

  it("ends every scalar where the published codec does", () => {
    const random = new Random(3);
    for (let round = 0; round < ROUNDS; round++) {
      const value = new HessianValues(random, 0).value();
      const decoder = hessianDecoder(Buffer.concat([value, Buffer.from("N")]));
      decoder.read();
      expect(decoder.position(), value.toString("hex")).toBe(value.length);
      expect(decode(call(value, 1, attachments), random)).toMatchObject({ attributes: { user: "jason" } });
    }
  });
});

describe("reading attachments", () => {
  it("reads the values that the published codec writes", () => {
    const random = new Random(4);
    for (let round = 0; round < ROUNDS; round++) {
      const user = random.text();
      const after = random.word();
      const encoder = new hessian.EncoderV2();
      encoder.write({ [random.word()]: random.text(), user, after });
      const bytes = call(Buffer.alloc(0), 0, Buffer.from(encoder.get()));
      expect(decode(bytes, random).attributes).toEqual({ user, after });
    }
  });
});

/** What hessian.js makes Hessian2 of: bare values, and those with a Java class. */
function javaValue(random: Random, depth: number): unknown {
  const kind = random.below(depth < 5 ? 14 : 9);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.below(2) === 0;
    case 2:
      return random.pick([0, 47, -17, 2047, -2049, 262143, -262145, 0x7fffffff, 1.5, 3.25e80]);
    case 3:
      return { $class: "long", $: random.below(random.pick([16, 2048, 262144, 1 << 30])) };
    case 4:
      return { $class: "double", $: random.below(1000) / 8 };
    case 5:
      return new Date(random.below(1 << 30) * random.pick([1, 60_000]));
    case 6:
      return random.bytes(random.pick([0, 15, 16, 1024, 9000]));
    case 7:
      return random.text();
    case 8:
      return random.text().repeat(random.pick([1, 40]));
    case 9:
      return list(random, depth);
    case 10:
      return { $class: random.pick(["java.util.List", "[object", "[string"]), $: list(random, depth) };
    case 11:
      return Object.fromEntries(list(random, depth).map((value, i) => [`${random.word()}${i}`, value]));
    case 12:
      return { $class: "java.util.TreeMap", $: { [random.word()]: javaValue(random, depth + 1) } };
    default:
      return {
        $class: random.pick(["com.acme.Item", "com.acme.Order", "com.acme.Customer"]),
        $: { name: random.word(), parts: javaValue(random, depth + 1), next: javaValue(random, depth + 1) },
      };
  }
}

function list(random: Random, depth: number): unknown[] {
  return Array.from({ length: random.below(10) }, () => javaValue(random, depth + 1));
}
