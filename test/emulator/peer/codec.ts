import type { Connection } from "../connection.js";

/** HCM's codec as far as its writing goes: what comes of one entry is written when that entry is over. */
export class Codec {
  private readonly outbox: Array<{ frame: Uint8Array; written: () => void }> = [];
  private busy = false;

  constructor(
    private readonly connection: Connection,
    /** Most bytes of one write. */
    private readonly writeBytes: number,
    /** All frames of an entry in one write, as nothing forbids HCM's codec. */
    private readonly coalesce: boolean,
  ) {}

  /** Reads or writes as one entry; the filter must not cause a second one while it lasts. */
  enter(action: () => void): void {
    if (!this.connection.open) return;
    if (this.busy) throw new Error("the filter re-enters HCM's codec: it continues the stream while HCM is writing");
    this.busy = true;
    try {
      action();
      this.flush();
    } finally {
      this.busy = false;
    }
  }

  /** To be written when the entry is over; `written` is called when the filter has seen it. */
  send(frame: Uint8Array, written: () => void = () => {}): void {
    this.outbox.push({ frame, written });
  }

  private flush(): void {
    while (this.outbox.length > 0) {
      const entries = this.outbox.splice(0, this.coalesce ? this.outbox.length : 1);
      const frame = Buffer.concat(entries.map((entry) => entry.frame));
      for (let at = 0; at < frame.length; at += this.writeBytes) {
        this.connection.write(frame.subarray(at, Math.min(at + this.writeBytes, frame.length)));
      }
      for (const { written } of entries) written();
    }
  }
}
