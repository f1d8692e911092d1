const TEXTS = ["", "a", "jason", "x".repeat(31), "y".repeat(32), "z".repeat(1023), "w".repeat(1500)];
const CHARACTERS = ["a", "Z", "0", "é", "ß", "风", "書", "￿", "😀", "𠜎"];

/** Pseudo-random numbers from a seed (mulberry32), so that what fails once fails again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer of [0, limit). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }

  word(): string {
    return Array.from({ length: 1 + this.below(12) }, () => String.fromCharCode(97 + this.below(26))).join("");
  }

  /** A text of one or many characters, of one to four bytes each. */
  text(): string {
    if (this.below(2)) return this.pick(TEXTS);
    return Array.from({ length: this.below(this.pick([8, 100, 2000])) }, () => this.pick(CHARACTERS)).join("");
  }
}
