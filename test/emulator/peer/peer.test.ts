import { describe, expect, it } from "vitest";
import { ByteQueue } from "../../support/byte-queue.js";
import type { Connection } from "../connection.js";
import { EventLoop } from "../event-loop.js";
import { encodeFrame, encodeSettings, Flag, FrameType, PREFACE, word } from "./frame.js";
import { encodeHeaders } from "./hpack.js";
import { DEFAULT_PEER, type PeerOptions } from "./options.js";
import { Http2Peer } from "./peer.js";

const START = [PREFACE, encodeSettings([[4, 1000]])];
const ACK = encodeFrame(FrameType.SETTINGS, Flag.ACK, 0);

function open(stream: number, cluster = "v1"): Uint8Array {
  const headers = encodeHeaders(
    [
      [":authority", "x"],
      ["x-meltemi-cluster", cluster],
    ],
    "plain",
  );
  const method = Buffer.from("0207434f4e4e454354", "hex");
  return encodeFrame(FrameType.HEADERS, Flag.END_HEADERS, stream, Buffer.concat([method, headers]));
}

function data(stream: number, length: number): Uint8Array {
  return encodeFrame(FrameType.DATA, 0, stream, new Uint8Array(length));
}

/** A peer whose filter does nothing: what it wrote, and a way to feed it. */
function makePeer(options: Partial<PeerOptions> = {}) {
  const written = new ByteQueue();
  const connection = { open: true, write: (bytes: Uint8Array) => written.append(bytes) } as unknown as Connection;
  const loop = new EventLoop();
  const peer = new Http2Peer(connection, loop, { ...DEFAULT_PEER, ...options });
  const feed = (...frames: Uint8Array[]): void => {
    const bytes = new ByteQueue();
    for (const frame of frames) bytes.append(frame);
    peer.onData(bytes);
    loop.runUntilIdle();
  };
  return { peer, feed, written };
}

describe("the peer in HCM's place", () => {
  it("takes a tunnel and its bytes, and sends what an upstream says within the filter's window", () => {
    const { peer, feed, written } = makePeer();
    feed(...START, open(1), ACK, data(1, 100));
    expect(peer.tunnel("v1").received.length).toBe(100);
    written.take();
    peer.sendBytes(peer.tunnel("v1"), new Uint8Array(1500));
    expect(written.length).toBe(9 + 1000);
    feed(encodeFrame(FrameType.WINDOW_UPDATE, 0, 1, word(100)));
    expect(written.length).toBe(9 + 1000 + 9 + 100);
    expect(peer.tunnel("v1").waiting.length).toBe(400);
  });

  it.each<[string, Uint8Array[], Partial<PeerOptions>]>([
    ["does not begin with the HTTP/2 preface", [Buffer.from("GET / HTTP/1.1")], {}],
    ["the first frame must be SETTINGS", [PREFACE, open(1)], {}],
    ["RPC bytes", [...START, Buffer.from("dabbc2000000", "hex")], {}],
    ["RPC bytes perhaps", [...START, Buffer.from("000000dabbc2000000", "hex")], {}],
    ["larger than the acknowledged 16384", [...START, open(1), data(1, 16_385)], {}],
    [
      "overruns the window of stream 1 (v1)",
      [...START, open(1), ...Array.from({ length: 4 }, () => data(1, 16_384))],
      {},
    ],
    [
      "overruns the window of the connection",
      [...START, open(1), open(3), ...Array.from({ length: 4 }, (_, i) => data(1 + (i & 2), 16_384))],
      {},
    ],
    [
      "overruns the window of stream 1 (v1): it has 10 left",
      [...START, ACK, open(1), data(1, 11)],
      { streamWindow: 10 },
    ],
    ["names stream 5, which it never opened", [...START, data(5, 1)], {}],
    ["opens stream 1 after 3", [...START, open(3), open(1)], {}],
    ["opens stream 2", [...START, open(2)], {}],
    ["beyond the 1 allowed", [...START, open(1), open(3)], { maxConcurrentStreams: 1 }],
    ["acknowledges SETTINGS that were never sent", [...START, ACK, ACK], {}],
    ["a WINDOW_UPDATE of 0", [...START, encodeFrame(FrameType.WINDOW_UPDATE, 0, 0, word(0))], {}],
    ["beyond 2^31-1", [...START, encodeFrame(FrameType.WINDOW_UPDATE, 0, 0, word(0x7fff_ffff))], {}],
    ["of the wrong length", [...START, encodeFrame(FrameType.PING, 0, 0, new Uint8Array(7))], {}],
    ["on the wrong stream", [...START, data(0, 1)], {}],
    ["a PING that was never sent", [...START, encodeFrame(FrameType.PING, Flag.ACK, 0, new Uint8Array(8))], {}],
  ])("refuses: %s", (message, frames, options) => {
    expect(() => makePeer(options).feed(...frames)).toThrow(message);
  });

  it("lets a window grow only when the filter can know of it", () => {
    const whole = [...START, ACK, open(1), ...Array.from({ length: 5 }, () => data(1, 16_384))];
    expect(() => makePeer({ streamWindow: 65_535, grant: "at once" }).feed(...whole)).toThrow("overruns the window");
    const { peer, feed } = makePeer({ streamWindow: 65_535, grant: "at once" });
    feed(...whole.slice(0, -2));
    expect(() => feed(data(1, 16_384))).not.toThrow();
    expect(peer.tunnel("v1").received.length).toBe(4 * 16_384);
  });

  it.each([
    ["UF", "HCM has closed"],
    ["NC", "HCM has closed"],
  ] as const)("refuses DATA after it has refused the tunnel with %s", (refusal, message) => {
    const { feed } = makePeer({ connect: { v1: refusal } });
    feed(...START, open(1));
    expect(() => feed(data(1, 1))).toThrow(message);
  });

  it("refuses new tunnels after GOAWAY", () => {
    const { peer, feed } = makePeer();
    feed(...START, open(1));
    peer.goAway(true);
    expect(() => feed(open(3))).toThrow("after GOAWAY");
  });
});
