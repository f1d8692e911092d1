import { beforeAll, describe, expect, it } from "vitest";
import { decodeTrpc } from "../../support/trpc.js";
import { Codec, REPLY_CODES } from "./codec.js";
import { Random } from "./random.js";

let codec: Codec;

beforeAll(async () => {
  codec = await Codec.load("trpc");
});

const VERSION_1 = 1;
const STREAM = 0x100;
const STREAM_BIT = 1n << 32n;

describe("errors of tRPC", () => {
  it("has the code, the call's id in header and head, and the text", () => {
    const replies = REPLY_CODES.map((code) =>
      decodeTrpc(codec.writeError(7n, VERSION_1, code, Buffer.from("why: é 风 😀")), "response"),
    );
    expect(replies.map((reply) => reply?.status)).toEqual([11, 1, 141, 22, 21, 23, 31, 41]);
    for (const reply of replies) expect(reply).toMatchObject({ id: 7, headId: 7, version: 1, text: "why: é 风 😀" });
  });

  it("has no id in the head for callers of version 0", () => {
    const reply = decodeTrpc(codec.writeError(0xffff_ffffn, 0, "NOT_FOUND", Buffer.from("no")), "response");
    expect(reply).toMatchObject({ headId: 0, version: 0, status: 11 });
    expect((reply?.id ?? 0) >>> 0).toBe(0xffff_ffff);
  });

  it("is a reset for a stream", () => {
    const bytes = codec.writeError(STREAM_BIT | 9n, STREAM, "UPSTREAM_FAILURE", Buffer.from("gone"));
    expect(decodeTrpc(bytes, "response")).toMatchObject({
      stream: "close",
      id: 9,
      isReset: true,
      status: 141,
      text: "gone",
    });
  });

  it("is whole and what the codec itself understands, whatever the text", () => {
    const random = new Random(7);
    for (let round = 0; round < 1000; round++) {
      const text = random.bytes(random.below(random.pick([4, 127, 128, 2000])));
      const dialect = random.pick([0, VERSION_1, STREAM]);
      const id = dialect === STREAM ? STREAM_BIT | 5n : 5n;
      const bytes = codec.writeError(id, dialect, "OVERLOADED", text);
      const way = { direction: "response", maxMessageBytes: 4096, shown: bytes.length, window: 1 } as const;
      expect(codec.decode(bytes, way)).toMatchObject({
        step: "DONE",
        kind: "ANSWER",
        id,
        status: 22,
        total: bytes.length,
      });
      expect(decodeTrpc(bytes, "response")?.text).not.toContain("\ufffd");
    }
  });
});
