import type { FilterExports } from "./abi.js";

/** The VM's linear memory as the host reads and writes it. Views are made anew when the memory has grown. */
export class GuestMemory {
  private bytes = new Uint8Array(0);
  private words = new DataView(new ArrayBuffer(0));

  constructor(private readonly guest: () => FilterExports) {}

  get size(): number {
    return this.guest().memory.buffer.byteLength;
  }

  /** A copy, or undefined where the range lies outside the memory. */
  read(address: number, length: number): Uint8Array | undefined {
    const view = this.view(address, length);
    return view && new Uint8Array(view);
  }

  text(address: number, length: number): string {
    return Buffer.from(this.view(address, length) ?? []).toString();
  }

  view(address: number, length: number): Uint8Array | undefined {
    this.refresh();
    const start = address >>> 0;
    const count = length >>> 0;
    return start + count <= this.bytes.length ? this.bytes.subarray(start, start + count) : undefined;
  }

  setWord(address: number, value: number): void {
    this.refresh();
    this.words.setUint32(address >>> 0, value >>> 0, true);
  }

  setLong(address: number, value: bigint): void {
    this.refresh();
    this.words.setBigUint64(address >>> 0, BigInt.asUintN(64, value), true);
  }

  /** Copies `data` to memory that the guest hands out by `malloc`, and tells it where and how much. */
  give(data: Uint8Array, addressCell: number, lengthCell: number): boolean {
    const address = this.guest().malloc(data.length) >>> 0;
    const target = this.view(address, data.length);
    if (address === 0 || !target) return false;
    target.set(data);
    this.setWord(addressCell, address);
    this.setWord(lengthCell, data.length);
    return true;
  }

  private refresh(): void {
    const { buffer } = this.guest().memory;
    if (this.bytes.buffer === buffer) return;
    this.bytes = new Uint8Array(buffer);
    this.words = new DataView(buffer);
  }
}
