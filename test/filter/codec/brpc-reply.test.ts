import { beforeAll, describe, expect, it } from "vitest";
import { decodeBrpc } from "../../support/brpc.js";
import { Codec, REPLY_CODES } from "./codec.js";
import { Random } from "./random.js";

let codec: Codec;

beforeAll(async () => {
  codec = await Codec.load("brpc");
});

const IDS = [0n, 7n, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn];

describe("errors of bRPC", () => {
  it("has the code, the call's id and the text", () => {
    const codes = REPLY_CODES.map((code) => decodeBrpc(codec.writeError(7n, 0, code, Buffer.from("why: é 风 😀"))));
    expect(codes.map((reply) => reply?.status)).toEqual([1001, 1003, 1009, 2004, 1008, 2004, 1009, 1004]);
    for (const reply of codes) expect(reply).toMatchObject({ id: 7n, text: "why: é 风 😀", isRequest: false });
  });

  it.each(IDS)("answers the call of id %i", (id) => {
    const bytes = codec.writeError(id, 0, "NOT_FOUND", Buffer.from("no service"));
    expect(decodeBrpc(bytes)).toMatchObject({ id, text: "no service" });
    const way = { direction: "response", maxMessageBytes: 4096, shown: bytes.length, window: 1 } as const;
    expect(codec.decode(bytes, way)).toMatchObject({ step: "DONE", kind: "ANSWER", id, status: 1001, ok: false });
  });

  it("stays within its room and is whole, whatever the text", () => {
    const random = new Random(6);
    for (let round = 0; round < 1000; round++) {
      const text = random.bytes(random.below(random.pick([4, 127, 128, 129, 2000])));
      const bytes = codec.writeError(random.pick(IDS), 0, "UPSTREAM_FAILURE", text);
      const reply = decodeBrpc(bytes);
      expect(reply?.bytes.length).toBe(bytes.length);
      expect(Buffer.from(reply?.text ?? "").length).toBeLessThanOrEqual(512);
      expect(reply?.text).not.toContain("\ufffd");
    }
  });
});
