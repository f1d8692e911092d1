import { beforeAll, describe, expect, it } from "vitest";
import { decodeTars, tarsString } from "../../support/tars.js";
import { Codec, REPLY_CODES } from "./codec.js";
import { Random } from "./random.js";

let codec: Codec;

beforeAll(async () => {
  codec = await Codec.load("tars");
});

const TARS = 1;
const TUP_COMPLEX = 2;
const TUP_SIMPLE = 3;

describe("errors of Tars", () => {
  it("is a ResponsePacket with the code, the call's id and the text", () => {
    const replies = REPLY_CODES.map((code) =>
      decodeTars(codec.writeError(7n, TARS, code, Buffer.from("why: é 风 😀")), "response"),
    );
    expect(replies.map((reply) => reply?.status)).toEqual([-4, -1, -8, -9, -7, -9, -99, -99]);
    for (const reply of replies) expect(reply).toMatchObject({ version: 1, id: 7, text: "why: é 风 😀" });
  });

  it.each([TUP_COMPLEX, TUP_SIMPLE])(
    "is a RequestPacket with servant and function of the call in version %i",
    (version) => {
      const names = Buffer.concat([tarsString(5, "Demo.Srv.GreetObj"), tarsString(6, "hello")]);
      const reply = decodeTars(codec.writeError(7n, version, "NOT_FOUND", Buffer.from("why"), names), "response");
      expect(reply).toMatchObject({
        version,
        id: 7,
        servant: "Demo.Srv.GreetObj",
        func: "hello",
        status: -4,
        text: "why",
      });
      // Its attributes are a map without entries.
      expect(reply?.buffer.toString("hex")).toBe("080c");
    },
  );

  it("has empty names where those of the call were too long to be kept", () => {
    const reply = decodeTars(codec.writeError(7n, TUP_SIMPLE, "BAD_REQUEST", Buffer.from("why")), "response");
    expect(reply).toMatchObject({ servant: "", func: "", status: -1 });
  });

  it("is whole and what the codec itself understands, whatever id and text", () => {
    const random = new Random(8);
    for (let round = 0; round < 1000; round++) {
      const text = random.bytes(random.below(random.pick([4, 255, 256, 257, 2000])));
      const id = BigInt(random.pick([0, 1, 127, 128, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]));
      const version = random.pick([TARS, TUP_COMPLEX, TUP_SIMPLE, 5]);
      const bytes = codec.writeError(id, version, "OVERLOADED", text);
      const way = { direction: "response", maxMessageBytes: 4096, shown: bytes.length, window: 1 } as const;
      expect(codec.decode(bytes, way)).toMatchObject({ step: "DONE", kind: "ANSWER", id, total: bytes.length });
      const reply = decodeTars(bytes, "response");
      expect(reply?.status).toBe(-9);
      expect(reply?.text).not.toContain("\ufffd");
    }
  });
});

describe("notices of Tars", () => {
  it.each([TARS, TUP_SIMPLE])("answers tars_ping in version %i", (version) => {
    const bytes = codec.written(128, (out) => codec.wasm.writeHeartbeatAnswer(out, 9n, version));
    expect(decodeTars(bytes, "response")).toMatchObject({ version, id: 9, status: 0 });
  });

  it("writes a notice that the codec itself understands", () => {
    const bytes = codec.written(64, (out) => codec.wasm.writeGoingAway(out));
    const way = { direction: "response", maxMessageBytes: 64, shown: bytes.length, window: 1 } as const;
    expect(codec.decode(bytes, way)).toMatchObject({ step: "DONE", kind: "GOING_AWAY" });
  });
});
