import hessian from "hessian.js";
import { describe, expect, it } from "vitest";
import { decodeInvocation, encodeHeartbeatReply, encodeReply, takeRequests } from "./dubbo-message.js";

const ID = Buffer.from("0102030405060708", "hex");

function request(flags: number, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([Buffer.from([0xda, 0xbb, flags, 0]), ID, length, body]);
}

describe("takeRequests", () => {
  const first = request(0xc2, Buffer.from("one"));
  const heartbeat = request(0xe2, Buffer.from("N"));
  const response = encodeReply(ID, "x", {});
  const oneWay = request(0x82, Buffer.from("two"));
  const all = Buffer.concat([first, heartbeat, response, oneWay]);

  it("takes whole requests wherever the stream is cut, and no responses", () => {
    for (let cut = 0; cut <= all.length; cut++) {
      const before = takeRequests(all.subarray(0, cut));
      const after = takeRequests(Buffer.concat([before.rest, all.subarray(cut)]));
      const requests = [...before.requests, ...after.requests].map(({ body, ...rest }) => ({
        ...rest,
        body: `${body}`,
      }));
      expect(requests).toEqual([
        { id: ID, isEvent: false, isTwoWay: true, body: "one" },
        { id: ID, isEvent: true, isTwoWay: true, body: "N" },
        { id: ID, isEvent: false, isTwoWay: false, body: "two" },
      ]);
      expect(after.rest).toHaveLength(0);
    }
  });

  it("refuses other bytes", () => expect(() => takeRequests(Buffer.from("GET / HTTP/1.1\r\n"))).toThrow("not Dubbo's"));
});

describe("decodeInvocation", () => {
  it("finds the attachments behind arguments of any number", () => {
    const encoder = new hessian.EncoderV2();
    for (const text of ["2.0.2", "demo.S", "1.0.0", "m", "Ljava/lang/String;I[J"]) encoder.write(text);
    encoder.write("a").write(7).write([1, 2]);
    encoder.write({ $class: "java.util.HashMap", $: { user: "jason" } });
    expect(decodeInvocation(encoder.get())).toEqual({
      service: "demo.S",
      method: "m",
      args: ["a", 7, [1, 2]],
      attachments: { user: "jason" },
    });
  });
});

describe("replies", () => {
  it("carry the request's id, status 20 and the length of their body", () => {
    const reply = encodeReply(ID, "v1", {});
    expect(reply.subarray(0, 4).toString("hex")).toBe("dabb0214");
    expect(reply.subarray(4, 12)).toEqual(ID);
    expect(reply.readUInt32BE(12)).toBe(reply.length - 16);
    expect(reply.subarray(16, 20).toString("hex")).toBe("94027631");
  });

  it("answer a heartbeat with an event of null", () =>
    expect(encodeHeartbeatReply(ID).toString("hex")).toBe("dabb22140102030405060708000000014e"));
});
