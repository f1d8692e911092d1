import { beforeAll, describe, expect, it } from "vitest";
import { Codec, REPLY_CODES } from "./codec.js";
import { hessianDecoder } from "./hessian-decoder.js";
import { Random } from "./random.js";

let codec: Codec;

beforeAll(async () => {
  codec = await Codec.load();
});

const HESSIAN2 = 2;
const JAVA = 3;
const FASTJSON = 6;
const PROTOBUF_JSON = 21;
const PROTOBUF = 22;
const FASTJSON2 = 23;
const ID = 0xfedcba9876543210n;

function head(bytes: Buffer): { flag: number; status: number; id: bigint; length: number } {
  expect(bytes.readUInt16BE(0)).toBe(0xdabb);
  const length = bytes.readUInt32BE(12);
  expect(length).toBe(bytes.length - 16);
  return { flag: bytes.readUInt8(2), status: bytes.readUInt8(3), id: bytes.readBigUInt64BE(4), length };
}

/** Reads the text of an error as a client of each serialization does. */
function textOf(bytes: Buffer): string {
  const body = bytes.subarray(16);
  switch (head(bytes).flag) {
    case FASTJSON: {
      expect(body.at(-1)).toBe(0x0a);
      return JSON.parse(body.toString("utf8"));
    }
    case FASTJSON2: {
      expect(body.readUInt32BE(0)).toBe(body.length - 4);
      expect(body[4]).toBe(0x7a);
      expect((body.readUInt8(5) - 0x38) * 256 + body.readUInt8(6)).toBe(body.length - 7);
      return body.subarray(7).toString("utf8");
    }
    case PROTOBUF: {
      expect((body.readUInt8(0) & 0x7f) | (body.readUInt8(1) << 7)).toBe(body.length - 2);
      expect(body[2]).toBe(0x0a);
      expect((body.readUInt8(3) & 0x7f) | (body.readUInt8(4) << 7)).toBe(body.length - 5);
      return body.subarray(5).toString("utf8");
    }
    default: {
      const decoder = hessianDecoder(body);
      const text = decoder.readString();
      expect(decoder.position()).toBe(body.length);
      return text;
    }
  }
}

function error(dialect: number, text: string | Uint8Array): Buffer {
  return codec.writeError(ID, dialect, "NOT_FOUND", Buffer.from(text as string));
}

describe("errors", () => {
  it("has the status of its code, and the call's id", () => {
    const statuses = REPLY_CODES.map((code) => head(codec.writeError(ID, HESSIAN2, code, Buffer.from("why"))));
    expect(statuses.map(({ status }) => status)).toEqual([60, 40, 80, 100, 31, 100, 80, 70]);
    for (const { id, flag } of statuses) expect({ id, flag }).toEqual({ id: ID, flag: HESSIAN2 });
  });

  it.each([HESSIAN2, FASTJSON, FASTJSON2, PROTOBUF])("is a text of serialization %i", (dialect) => {
    for (const text of ["", "no service com.acme.Orders", 'a "quoted" \\ text', "é 風", "😀", "x".repeat(31)]) {
      const bytes = error(dialect, text);
      expect(head(bytes).flag).toBe(dialect);
      expect(textOf(bytes)).toBe(text);
    }
  });

  it("speaks Hessian2 where it cannot speak the caller's serialization", () => {
    const bytes = error(JAVA, "no service");
    expect(head(bytes).flag).toBe(HESSIAN2);
    expect(textOf(bytes)).toBe("no service");
  });

  it.each([HESSIAN2, FASTJSON, FASTJSON2, PROTOBUF])(
    "cuts a long text between characters in serialization %i",
    (dialect) => {
      for (const character of ["x", "é", "風", "😀", '"']) {
        const text = textOf(error(dialect, `ab${character.repeat(1000)}`));
        expect(text).toMatch(new RegExp(`^ab(${character})+$`, "u"));
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(512);
        expect(Buffer.byteLength(text)).toBeGreaterThan(512 / 2 - 8);
      }
    },
  );

  it.each([
    ["a lone continuation byte", [0x61, 0x80, 0x62], "a?b"],
    ["an overlong slash", [0x61, 0xc0, 0xaf], "a??"],
    ["a surrogate", [0xed, 0xa0, 0xbd], "???"],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "????"],
    ["a character that is cut", [0x61, 0xe9, 0xa2], "a??"],
    ["control characters", [0x61, 0x0a, 0x00, 0x7f, 0x62], "a   b"],
  ])("makes text of %s", (_, bytes, text) => {
    for (const dialect of [HESSIAN2, FASTJSON, FASTJSON2, PROTOBUF]) {
      expect(textOf(error(dialect, Uint8Array.from(bytes)))).toBe(text);
    }
  });

  it("stays within its room whatever the text", () => {
    const random = new Random(5);
    for (let round = 0; round < 2000; round++) {
      const text = random.bytes(random.below(random.pick([4, 64, 2000])));
      const bytes = error(random.pick([HESSIAN2, FASTJSON, FASTJSON2, PROTOBUF, JAVA]), text);
      expect(bytes.length).toBeLessThanOrEqual(codec.wasm.replyOverheadBytes.value);
      textOf(bytes);
    }
  });
});

describe("events", () => {
  it.each([
    [HESSIAN2, HESSIAN2, "4e"],
    [FASTJSON, FASTJSON, "6e756c6c0a"],
    [PROTOBUF_JSON, PROTOBUF_JSON, ""],
    [PROTOBUF, PROTOBUF, ""],
    [FASTJSON2, FASTJSON2, "00000001af"],
    [JAVA, HESSIAN2, "4e"],
  ])("answers a heartbeat in serialization %i", (dialect, said, body) => {
    const bytes = codec.written(64, (out) => codec.wasm.writeHeartbeatAnswer(out, ID, dialect));
    expect(head(bytes)).toMatchObject({ flag: 0x20 | said, status: 20, id: ID });
    expect(bytes.subarray(16).toString("hex")).toBe(body);
  });

  it("writes a notice that the codec itself understands", () => {
    const bytes = codec.written(64, (out) => codec.wasm.writeGoingAway(out));
    expect(head(bytes)).toMatchObject({ flag: 0xa2, length: 2 });
    const way = { direction: "response", maxMessageBytes: 64, shown: bytes.length, window: 1 } as const;
    expect(codec.decode(bytes, way)).toMatchObject({ step: "DONE", kind: "GOING_AWAY" });
  });
});
