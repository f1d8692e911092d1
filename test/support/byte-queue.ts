const NONE = new Uint8Array(0);

/** Bytes that are appended at the end, and prepended or drained at the front, without moving what lies between. */
export class ByteQueue {
  /** Taken when the first bytes come: most queues of a test never hold any. */
  private storage = NONE;
  private head = 0;
  private tail = 0;

  get length(): number {
    return this.tail - this.head;
  }

  append(bytes: Uint8Array): void {
    if (this.tail + bytes.length > this.storage.length) this.make(128, bytes.length);
    this.storage.set(bytes, this.tail);
    this.tail += bytes.length;
  }

  prepend(bytes: Uint8Array): void {
    if (this.head < bytes.length) this.make(bytes.length + 128, 0);
    this.head -= bytes.length;
    this.storage.set(bytes, this.head);
  }

  drain(length: number): void {
    this.head += Math.min(length, this.length);
    if (this.head === this.tail) this.head = this.tail = Math.min(128, this.storage.length);
  }

  /** A view of the bytes from `start`, valid until the queue changes. */
  view(start = 0, length = this.length - start): Uint8Array {
    return this.storage.subarray(this.head + start, this.head + Math.min(start + length, this.length));
  }

  /** The first `length` bytes, removed from the queue. */
  take(length = this.length): Uint8Array {
    const taken = this.view(0, length).slice();
    this.drain(length);
    return taken;
  }

  private make(front: number, back: number): void {
    const used = this.length;
    // Of Node's pool where it is small, which is what makes many short-lived queues cheap.
    const pooled = Buffer.allocUnsafe(front + (used + back) * 2 + 256);
    const grown = new Uint8Array(pooled.buffer, pooled.byteOffset, pooled.length);
    grown.set(this.view(), front);
    this.storage = grown;
    this.head = front;
    this.tail = front + used;
  }
}
