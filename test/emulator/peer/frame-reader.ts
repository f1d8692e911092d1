import { ByteQueue } from "../../support/byte-queue.js";
import { Flag, FRAME_HEAD_BYTES, type FrameHead, FrameType, MAX_WINDOW, PREFACE, peekHead, Setting } from "./frame.js";

/** What comes of the filter's frames, each checked for what RFC 9113 says of its form. */
export interface FrameHandler {
  readonly maxFrameSize: number;
  onSettings(settings: ReadonlyArray<readonly [id: number, value: number]>): void;
  onSettingsAck(): void;
  onHeaders(stream: number, block: Uint8Array): void;
  onDataHead(stream: number, length: number): void;
  onDataBytes(stream: number, bytes: Uint8Array): void;
  onEndStream(stream: number): void;
  onReset(stream: number): void;
  onPing(payload: Uint8Array): void;
  onPingAck(): void;
  onGoAway(): void;
  onWindowUpdate(stream: number, increment: number): void;
}

/** Reads the preface and frames from bytes as they come; the payload of DATA is handed on before it is complete. */
export class FrameReader {
  private readonly bytes = new ByteQueue();
  private prefaceSeen = false;
  private settingsSeen = false;
  /** The DATA frame whose payload is coming in. */
  private data: { stream: number; left: number; end: boolean } | undefined;

  constructor(private readonly handler: FrameHandler) {}

  /** Takes all there is in `buffer`. */
  read(buffer: ByteQueue): void {
    this.bytes.append(buffer.take());
    while (this.step());
  }

  /** One frame, or one piece of DATA; false when there is nothing to do before more bytes come. */
  private step(): boolean {
    if (!this.prefaceSeen) return this.readPreface();
    if (this.data) return this.readData(this.data);
    const head = peekHead(this.bytes);
    if (!head) {
      this.rejectRawBytes();
      return false;
    }
    this.check(head);
    if (head.type === FrameType.DATA) {
      this.bytes.drain(FRAME_HEAD_BYTES);
      this.handler.onDataHead(head.stream, head.length);
      this.data = { stream: head.stream, left: head.length, end: (head.flags & Flag.END_STREAM) !== 0 };
      return true;
    }
    if (this.bytes.length < FRAME_HEAD_BYTES + head.length) return false;
    this.bytes.drain(FRAME_HEAD_BYTES);
    this.dispatch(head, this.bytes.take(head.length));
    return true;
  }

  private readPreface(): boolean {
    const start = Buffer.from(this.bytes.view(0, PREFACE.length));
    if (start.compare(PREFACE.subarray(0, start.length)) !== 0) {
      throw new Error(`the connection to HCM does not begin with the HTTP/2 preface but with ${show(start)}`);
    }
    if (start.length < PREFACE.length) return false;
    this.bytes.drain(PREFACE.length);
    this.prefaceSeen = true;
    return true;
  }

  private readData(data: NonNullable<FrameReader["data"]>): boolean {
    const piece = this.bytes.take(Math.min(data.left, this.bytes.length));
    data.left -= piece.length;
    if (piece.length > 0) this.handler.onDataBytes(data.stream, piece);
    if (data.left > 0) return false;
    this.data = undefined;
    if (data.end) this.handler.onEndStream(data.stream);
    return true;
  }

  private check(head: FrameHead): void {
    const { type, flags, length, stream } = head;
    const here = `a frame of type ${type}, flags ${flags}, length ${length}, stream ${stream}: ${show(this.bytes.view(0, 24))}`;
    if (type > FrameType.CONTINUATION || (stream & 0x8000_0000) !== 0)
      throw new Error(`no frame, RPC bytes perhaps: ${here}`);
    if (length > this.handler.maxFrameSize)
      throw new Error(`larger than the acknowledged ${this.handler.maxFrameSize}: ${here}`);
    if (!this.settingsSeen && type !== FrameType.SETTINGS)
      throw new Error(`the first frame must be SETTINGS, not ${here}`);
    this.settingsSeen = true;
    const allowed = ALLOWED[type];
    if (!allowed) throw new Error(`the filter has no use for ${here}`);
    if ((flags & ~allowed.flags) !== 0) throw new Error(`flags that the filter has no use for: ${here}`);
    if (allowed.onStream === (stream === 0)) throw new Error(`on the wrong stream: ${here}`);
    if (allowed.length !== undefined && length !== allowed.length) throw new Error(`of the wrong length: ${here}`);
  }

  private dispatch({ type, flags, stream }: FrameHead, payload: Uint8Array): void {
    const { handler } = this;
    const word = () => Buffer.from(payload).readUInt32BE(0);
    if (type === FrameType.HEADERS) {
      if ((flags & Flag.END_HEADERS) === 0)
        throw new Error("HEADERS without END_HEADERS: a CONNECT fits into one frame");
      handler.onHeaders(stream, payload);
    } else if (type === FrameType.RST_STREAM) handler.onReset(stream);
    else if (type === FrameType.PING) (flags & Flag.ACK ? handler.onPingAck : handler.onPing).call(handler, payload);
    else if (type === FrameType.GOAWAY) handler.onGoAway();
    else if (type === FrameType.WINDOW_UPDATE) {
      handler.onWindowUpdate(stream, word() & MAX_WINDOW);
    } else if (type === FrameType.SETTINGS) this.dispatchSettings(flags, payload);
  }

  private dispatchSettings(flags: number, payload: Uint8Array): void {
    if (flags & Flag.ACK) {
      if (payload.length > 0) throw new Error("an acknowledgement of SETTINGS has a payload");
      this.handler.onSettingsAck();
      return;
    }
    if (payload.length % 6 !== 0) throw new Error(`SETTINGS of ${payload.length} bytes`);
    const view = Buffer.from(payload);
    const settings: Array<readonly [number, number]> = [];
    for (let at = 0; at < view.length; at += 6) settings.push([view.readUInt16BE(at), view.readUInt32BE(at + 2)]);
    for (const [id, value] of settings) {
      if (id === Setting.INITIAL_WINDOW_SIZE && value > MAX_WINDOW)
        throw new Error("SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1");
      if (id === Setting.MAX_FRAME_SIZE && (value < 16_384 || value > 16_777_215))
        throw new Error(`SETTINGS_MAX_FRAME_SIZE ${value}`);
    }
    this.handler.onSettings(settings);
  }

  /** What cannot begin a frame is refused before the head is complete, so that cut RPC bytes do not pass for one. */
  private rejectRawBytes(): void {
    const start = this.bytes.view();
    if (start.length >= 2 && start[0] === 0xda && start[1] === 0xbb)
      throw new Error(`RPC bytes where a frame should be: ${show(start)}`);
  }
}

const ALLOWED: Record<number, { flags: number; onStream: boolean | undefined; length?: number } | undefined> = {
  [FrameType.DATA]: { flags: Flag.END_STREAM, onStream: true },
  [FrameType.HEADERS]: { flags: Flag.END_HEADERS, onStream: true },
  [FrameType.RST_STREAM]: { flags: 0, onStream: true, length: 4 },
  [FrameType.SETTINGS]: { flags: Flag.ACK, onStream: false },
  [FrameType.PING]: { flags: Flag.ACK, onStream: false, length: 8 },
  [FrameType.GOAWAY]: { flags: 0, onStream: false },
  [FrameType.WINDOW_UPDATE]: { flags: 0, onStream: undefined, length: 4 },
};

function show(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 32)).toString("hex");
}
