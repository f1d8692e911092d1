import type { Connection, NextFilter } from "../emulator/connection.js";
import { type FrameHandler, FrameReader } from "../emulator/peer/frame-reader.js";
import type { ByteQueue } from "../support/byte-queue.js";
import { inPieces } from "./cut.js";
import type { FrameScript } from "./script.js";
import { isHeartbeatAnswer, MessageStream } from "./stream.js";
import { maxMessageBytes } from "./tables.js";
import { total, type World } from "./world.js";

const ANY_LENGTH = 2 ** 31 + 16;

/**
 * Somebody in HCM's place who reads the filter's frames, as strictly as ever, and cares for nothing in them but what they carry:
 * what HCM has said may be as wrong as can be, so windows and streams may be, too.
 */
class Reader implements NextFilter, FrameHandler {
  readonly maxFrameSize = 2 ** 24;
  /** What each stream carried. */
  readonly streams = new Map<number, MessageStream>();
  private readonly frames = new FrameReader(this);

  onData(buffer: ByteQueue): void {
    this.frames.read(buffer);
  }

  onDataBytes(stream: number, bytes: Uint8Array): void {
    const messages = this.streams.get(stream) ?? new MessageStream(ANY_LENGTH);
    messages.append(bytes);
    this.streams.set(stream, messages);
  }

  onConnectionClose(): void {}
  onSettings(): void {}
  onSettingsAck(): void {}
  onHeaders(): void {}
  onDataHead(): void {}
  onEndStream(): void {}
  onReset(): void {}
  onPing(): void {}
  onPingAck(): void {}
  onGoAway(): void {}
  onWindowUpdate(): void {}
}

/** Runs one script of frames in a world, and throws at the first thing that must not be. */
export class FrameRun {
  private readonly reader = new Reader();
  private readonly connection: Connection;
  private readonly sent: MessageStream;
  private readonly received = new MessageStream(ANY_LENGTH);
  private readonly closedBefore: number;
  private readonly connectionsBefore: number;

  constructor(
    private readonly world: World,
    private readonly script: FrameScript,
  ) {
    this.sent = new MessageStream(maxMessageBytes(script.table));
    this.closedBefore = total(world.closedBy(script.table));
    this.connectionsBefore = world.connections;
    this.connection = world.connect(script.table, () => this.reader);
  }

  run(): void {
    const { connection, world } = this;
    for (const { do: what, bytes, cut } of this.script.actions) {
      if (what === "send") this.sent.append(bytes);
      inPieces(bytes, cut, (piece) => {
        if (what === "send") connection.receive(piece);
        else connection.write(piece);
        if (cut.turns) world.envoy.run();
      });
      world.envoy.run();
    }
    world.tellCounts();
    this.received.append(connection.received.take());
    this.check();
    connection.closeByClient();
    world.envoy.run();
    world.checkEmpty(this.connectionsBefore);
  }

  private check(): void {
    const { connection, sent, received, reader } = this;
    const counted = total(this.world.closedBy(this.script.table)) - this.closedBefore;
    const closed = connection.closedBy === "filter" ? 1 : 0;
    if (counted !== closed)
      throw new Error(`${closed} connections were closed by the filter, and ${counted} are counted`);
    if (received.broken) throw new Error(`the client got no message: ${received.tail.toString("hex")}`);
    for (const [stream, messages] of reader.streams) {
      if (messages.broken) throw new Error(`stream ${stream} carried no message: ${messages.tail.toString("hex")}`);
      for (const frame of messages.frames) {
        if (isHeartbeatAnswer(frame) || sent.frames.some(({ bytes }) => bytes.equals(frame.bytes))) continue;
        throw new Error(`stream ${stream} carried what the client did not send: ${frame.bytes.toString("hex")}`);
      }
    }
  }
}
