import { beforeAll, describe, expect, it } from "vitest";
import { decodeThrift } from "../../support/thrift.js";
import { Codec, REPLY_CODES } from "./codec.js";
import { Random } from "./random.js";

let codec: Codec;

beforeAll(async () => {
  codec = await Codec.load("thrift");
});

const TRANSPORTS = ["framed", "unframed", "header"] as const;
const PROTOCOLS = ["binary", "old", "compact"] as const;
const SEQID = 0xfedcba98n;
const NUMBER = Buffer.from([0, 0, 1, 7]);

/** Those that calls have: nobody writes old binary in THeader. */
const dialects = TRANSPORTS.flatMap((transport, i) =>
  PROTOCOLS.flatMap((protocol, k) =>
    transport === "header" && protocol === "old" ? [] : [{ transport, protocol, dialect: i | (k << 2) }],
  ),
);

function error(dialect: number, text: string | Uint8Array, name = "place"): Buffer {
  const echo = Buffer.concat([...((dialect & 3) === 2 ? [NUMBER] : []), Buffer.from(name)]);
  return codec.writeError(SEQID, dialect, "NOT_FOUND", Buffer.from(text as string), echo);
}

function textOf(bytes: Buffer): string {
  const message = decodeThrift(bytes);
  expect(message?.bytes.length).toBe(bytes.length);
  return String(message?.fields?.get(1));
}

describe.each(dialects)("errors, $transport $protocol", ({ transport, protocol, dialect }) => {
  it("are the call's own: its name, seqid, transport and protocol", () => {
    expect(decodeThrift(error(dialect, "no such thing"))).toMatchObject({
      transport,
      protocol,
      type: "exception",
      name: "place",
      seqid: Number(BigInt.asIntN(32, SEQID)),
      ...(transport === "header" && { sequence: 0x107 }),
      fields: new Map<number, string | number>([
        [1, "no such thing"],
        [2, 1],
      ]),
    });
  });

  it("are understood by the codec itself", () => {
    const bytes = error(dialect, "no such thing");
    const way = { direction: "response", maxMessageBytes: 64, shown: bytes.length, window: 1 } as const;
    expect(codec.decode(bytes, way)).toMatchObject({ step: "DONE", kind: "ANSWER", status: 1, ok: false, id: SEQID });
  });

  it("cut a long text between characters, and make text of what is none", () => {
    expect(textOf(error(dialect, "風".repeat(1000)))).toMatch(/^風{170}$/u);
    expect(textOf(error(dialect, Uint8Array.from([0x61, 0x80, 0x0a, 0xe9, 0xa2])))).toBe("a? ??");
  });

  it("stay within their room whatever the text and the name", () => {
    const random = new Random(7);
    for (let round = 0; round < 300; round++) {
      const text = random.bytes(random.below(random.pick([4, 64, 512])));
      textOf(error(dialect, text, "m".repeat(random.below(255))));
    }
  });
});

it("has a type of TApplicationException for each code", () => {
  const types = REPLY_CODES.map((code) =>
    decodeThrift(codec.writeError(1n, 0, code, Buffer.from("why")))?.fields?.get(2),
  );
  expect(types).toEqual([1, 7, 6, 6, 6, 6, 6, 6]);
});

describe("seqids", () => {
  const call = (seqid: string): Buffer => Buffer.from(`0000000e${"80010001"}00000001${"6d"}${seqid}00`, "hex");

  it("that are all alike make a client's answers ordered, from the second call on", () => {
    const said = (calls: Buffer[]): boolean[] => {
      codec.wasm.beginDirection();
      codec.demand([]);
      return calls.map((bytes) => codec.decodeRequest(bytes) === "DONE" && codec.wasm.ordered() !== 0);
    };
    expect(said([call("00000000"), call("00000000"), call("00000000")])).toEqual([false, true, true]);
    expect(said([call("00000001"), call("00000002"), call("00000001")])).toEqual([false, false, false]);
  });
});
