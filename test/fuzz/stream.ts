/** The head of a Dubbo message: da bb, flags, status, an id of 8 bytes, a length of 4. */
export const HEAD_BYTES = 16;
const FLAG_REQUEST = 0x80;
const FLAG_TWO_WAY = 0x40;
const FLAG_EVENT = 0x20;

/** A Dubbo message as it stands in a stream, known by nothing but its head. */
export interface Frame {
  bytes: Buffer;
  flags: number;
  status: number;
  id: bigint;
}

/** The messages of a stream of bytes, told apart by their heads alone: written from Dubbo's layout, not from the filter. */
export class MessageStream {
  readonly frames: Frame[] = [];
  /** Where what follows cannot be a message, and why. */
  broken: "not_this_protocol" | "too_large" | undefined;
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly maxMessageBytes: number) {}

  /** What has come of the message that is not whole yet; behind a break all there is. */
  get tail(): Buffer {
    return this.rest;
  }

  /** All whose heads have come. */
  get begun(): Frame[] {
    const head = !this.broken && this.rest.length >= HEAD_BYTES;
    return head ? [...this.frames, frameOf(this.rest)] : this.frames;
  }

  append(bytes: Uint8Array): void {
    this.rest = this.rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.rest, bytes]);
    while (!this.broken && this.rest.length > 0 && this.next());
  }

  private next(): boolean {
    const { rest } = this;
    if (rest[0] !== 0xda || (rest.length > 1 && rest[1] !== 0xbb)) this.broken = "not_this_protocol";
    if (this.broken || rest.length < HEAD_BYTES) return false;
    const length = rest.readUInt32BE(12);
    if (length > 0x7fff_ffff || length + HEAD_BYTES > this.maxMessageBytes) {
      this.broken = "too_large";
      return false;
    }
    if (rest.length < HEAD_BYTES + length) return false;
    this.frames.push(frameOf(rest.subarray(0, HEAD_BYTES + length)));
    this.rest = rest.subarray(HEAD_BYTES + length);
    return true;
  }
}

function frameOf(bytes: Buffer): Frame {
  return { bytes, flags: bytes[2] ?? 0, status: bytes[3] ?? 0, id: bytes.readBigUInt64BE(4) };
}

/** A call that wants an answer. */
export function isTwoWayCall({ flags }: Pick<Frame, "flags">): boolean {
  return (flags & (FLAG_REQUEST | FLAG_TWO_WAY | FLAG_EVENT)) === (FLAG_REQUEST | FLAG_TWO_WAY);
}

export function isOneWayCall({ flags }: Pick<Frame, "flags">): boolean {
  return (flags & (FLAG_REQUEST | FLAG_TWO_WAY | FLAG_EVENT)) === FLAG_REQUEST;
}

export function isHeartbeat({ flags }: Pick<Frame, "flags">): boolean {
  const all = FLAG_REQUEST | FLAG_TWO_WAY | FLAG_EVENT;
  return (flags & all) === all;
}

export function isHeartbeatAnswer({ flags, status }: Frame): boolean {
  return (flags & (FLAG_REQUEST | FLAG_TWO_WAY | FLAG_EVENT)) === FLAG_EVENT && status === 20;
}
