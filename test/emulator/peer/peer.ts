import type { ByteQueue } from "../../support/byte-queue.js";
import type { Connection, NextFilter } from "../connection.js";
import type { EventLoop } from "../event-loop.js";
import { Codec } from "./codec.js";
import { ErrorCode, encodeFrame, FrameType, MAX_WINDOW, word } from "./frame.js";
import { FrameReader } from "./frame-reader.js";
import type { PeerOptions } from "./options.js";
import { type Limits, Session } from "./session.js";
import type { Refusal, Tunnel } from "./tunnel.js";

/**
 * The HTTP/2 side of Envoy's connection manager, with an upstream behind each tunnel, and stricter: whatever the filter does that
 * RFC 9113 forbids, or that this HCM would answer by closing the connection, throws. Here is what tests let it do.
 */
export class Http2Peer implements NextFilter {
  private readonly codec: Codec;
  private readonly session: Session;
  private readonly reader: FrameReader;
  private started = false;

  constructor(
    private readonly connection: Connection,
    loop: EventLoop,
    private readonly options: PeerOptions,
  ) {
    this.codec = new Codec(connection, options.writeBytes, options.coalesce);
    this.session = new Session(
      this.codec,
      loop,
      options,
      (tunnel, outcome) => this.connected(tunnel, outcome),
      (tunnel) => {
        if (!tunnel.ended && !options.lingering.has(tunnel.cluster)) this.finish(tunnel);
      },
    );
    this.reader = new FrameReader(this.session);
  }

  onData(buffer: ByteQueue): void {
    this.enter(() => {
      const first = !this.started;
      this.started = true;
      if (first) this.session.start();
      this.reader.read(buffer);
      // The filter has not seen our window yet, and may not use it before.
      if (first) this.session.receiveWindow.resize(this.options.connectionWindow);
    });
  }

  onConnectionClose(): void {
    for (const tunnel of this.tunnels) tunnel.ended = true;
  }

  /** All that were ever opened, in order. */
  get tunnels(): readonly Tunnel[] {
    return this.session.tunnels;
  }

  /** The cluster's newest tunnel, or its nth, counted from 1. */
  tunnel(cluster: string, nth = 0): Tunnel {
    const tunnel = this.tunnels.filter((candidate) => candidate.cluster === cluster).at(nth - 1);
    if (tunnel) return tunnel;
    const others = this.tunnels.map(({ name }) => name).join(", ");
    throw new Error(`no tunnel to ${cluster} was opened; there are ${others || "none"}`);
  }

  /** The upstream's connection is there. */
  accept(tunnel: Tunnel): void {
    this.enter(() => this.session.accept(tunnel));
  }

  refuse(tunnel: Tunnel, refusal: Refusal): void {
    this.enter(() => this.session.refuse(tunnel, refusal));
  }

  /** The upstream sends. */
  sendBytes(tunnel: Tunnel, bytes: Uint8Array): void {
    if (tunnel.ended) throw new Error(`the test sends on ${tunnel.name}, which is closed`);
    this.enter(() => {
      tunnel.waiting.append(bytes);
      this.session.pump();
    });
  }

  /** Several upstreams send at one moment, in this order; where there are no bytes, the upstream's connection breaks. */
  sendTogether(pieces: ReadonlyArray<readonly [tunnel: Tunnel, bytes?: Uint8Array]>): void {
    this.enter(() => {
      for (const [tunnel, bytes] of pieces) {
        if (bytes) tunnel.waiting.append(bytes);
        this.session.pump();
        if (!bytes) this.session.endWithReset(tunnel, ErrorCode.CONNECT_ERROR);
      }
    });
  }

  /** The upstream closes its connection, after its bytes. */
  finish(tunnel: Tunnel): void {
    this.enter(() => {
      tunnel.ending = true;
      this.session.pump();
    });
  }

  /** The upstream's connection breaks. */
  reset(tunnel: Tunnel): void {
    this.enter(() => this.session.endWithReset(tunnel, ErrorCode.CONNECT_ERROR));
  }

  /** Grants window that was withheld, to a tunnel or to the connection. */
  grantWindow(length: number, tunnel?: Tunnel): void {
    const window = tunnel?.receiveWindow ?? this.session.receiveWindow;
    this.enter(() => this.session.windowUpdate(tunnel?.id ?? 0, window.release(length)));
  }

  ping(): void {
    this.session.pings++;
    this.enter(() => this.codec.send(encodeFrame(FrameType.PING, 0, 0, Buffer.from("keepaliv"))));
  }

  /** Grants what the upstream or, without a tunnel, the connection has taken and `grant: withheld` keeps; false: there is none. */
  grantWithheld(most = Number.POSITIVE_INFINITY, tunnel?: Tunnel): boolean {
    const window = tunnel?.receiveWindow ?? this.session.receiveWindow;
    const length = Math.min(most, window.taken);
    if (length > 0) this.grantWindow(length, tunnel);
    return length > 0;
  }

  /** HCM changes its mind about what it may be sent. */
  changeSettings(limits: Limits): void {
    this.enter(() => this.session.changeSettings(limits));
  }

  /** A frame as it is: one that HTTP/2 allows and that changes nothing here. */
  sendFrame(frame: Uint8Array): void {
    this.enter(() => this.codec.send(frame));
  }

  get unansweredPings(): number {
    return this.session.pings;
  }

  /** Envoy drains: a notice first, and some time after it the last stream that is taken. */
  goAway(final: boolean): void {
    const last = final ? (this.tunnels.at(-1)?.id ?? 0) : MAX_WINDOW;
    this.session.lastStream = last;
    this.enter(() => this.codec.send(encodeFrame(FrameType.GOAWAY, 0, 0, Buffer.concat([word(last), word(0)]))));
  }

  private connected(tunnel: Tunnel, outcome: "accept" | Refusal): void {
    const decided = tunnel.connected || tunnel.resetting || tunnel.ended;
    if (decided || !this.connection.open) return;
    if (outcome === "accept") this.accept(tunnel);
    else this.refuse(tunnel, outcome);
  }

  private enter(action: () => void): void {
    this.codec.enter(() => {
      action();
      this.session.grantConsumed();
    });
  }
}
