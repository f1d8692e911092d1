import { DEFAULT_WINDOW, MAX_WINDOW } from "./frame.js";

/** When the peer gives back the window that the filter's DATA used up. */
export type Grant =
  /** As soon as the upstream has taken the bytes. */
  | "at once"
  /** When half of the window is used up, as nghttp2 does. */
  | "half"
  /** Not before a test says so. */
  | "withheld";

/** One direction of one flow-controlled thing, a stream or the connection: what the other side may still send us. */
export class ReceiveWindow {
  private used = 0;
  private consumed = 0;

  constructor(
    private size: number,
    private readonly grant: Grant,
  ) {}

  get left(): number {
    return this.size - this.used;
  }

  /** Bytes that the upstream has taken and that were not granted again. */
  get taken(): number {
    return this.consumed;
  }

  resize(size: number): void {
    this.size = size;
  }

  receive(length: number, what: string): void {
    if (length > this.left) {
      throw new Error(`the filter overruns the window of ${what}: it has ${this.left} left and sends ${length}`);
    }
    this.used += length;
  }

  /** The upstream has taken `length` bytes. */
  consume(length: number): void {
    this.consumed += length;
  }

  /** Gives back what is due by now, or `length` that a test names; the increment of the WINDOW_UPDATE to be sent. */
  release(length?: number): number {
    const enough = this.grant === "at once" ? 1 : this.size / 2;
    const due = this.grant !== "withheld" && this.consumed >= enough ? this.consumed : 0;
    const increment = length ?? due;
    this.consumed = Math.max(0, this.consumed - increment);
    this.used -= increment;
    return increment;
  }
}

/** What we may still send to the filter. */
export class SendWindow {
  left: number;

  constructor(size = DEFAULT_WINDOW) {
    this.left = size;
  }

  add(increment: number, what: string): void {
    if (increment === 0) throw new Error(`the filter sends a WINDOW_UPDATE of 0 for ${what}`);
    this.left += increment;
    if (this.left > MAX_WINDOW) throw new Error(`the filter lets the window of ${what} grow beyond 2^31-1`);
  }
}
