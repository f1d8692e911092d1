import { hessianText, units } from "./notation.js";
import type { Random } from "./random.js";

/**
 * Random values in Hessian2, of every type and in every form that the grammar allows, whether or not a library would choose
 * it. One instance writes one message: classes and types are numbered as they appear.
 */
export class HessianValues {
  readonly #random: Random;
  readonly #classes: number[] = [];
  #types = 0;
  #budget: number;

  constructor(random: Random, budget = 60) {
    this.#random = random;
    this.#budget = budget;
  }

  value(depth = 0): Buffer {
    const composite = depth < 8 && --this.#budget > 0;
    return this.#random.pick(composite ? [...SCALARS, ...COMPOSITES, ...COMPOSITES] : SCALARS)(
      this,
      this.#random,
      depth,
    );
  }

  values(count: number, depth: number): Buffer {
    return Buffer.concat(Array.from({ length: count }, () => this.value(depth + 1)));
  }

  int(value: number): Buffer {
    const forms = [Buffer.of(0x49, (value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)];
    if (value >= -16 && value <= 47) forms.push(Buffer.of(0x90 + value));
    if (value >= -2048 && value <= 2047) forms.push(Buffer.of(0xc8 + (value >> 8), value & 255));
    if (value >= -262144 && value <= 262143) {
      forms.push(Buffer.of(0xd4 + (value >> 16), (value >> 8) & 255, value & 255));
    }
    return this.#random.pick(forms);
  }

  text(text: string): Buffer {
    if (this.#random.below(4)) return hessianText(text);
    const cut = this.#random.below(text.length + 1);
    const head = text.slice(0, cut);
    return Buffer.concat([
      Buffer.of(0x52, head.length >> 8, head.length & 255),
      units(head),
      hessianText(text.slice(cut)),
    ]);
  }

  type(): Buffer {
    if (this.#types && this.#random.below(2)) return this.int(this.#random.below(this.#types));
    this.#types++;
    return this.text(`[${this.#random.word()}`);
  }

  object(depth: number): Buffer {
    const parts: Buffer[] = [];
    if (!this.#classes.length || !this.#random.below(3)) {
      const fields = this.#random.below(5);
      parts.push(Buffer.of(0x43), this.text(this.#random.word()), this.int(fields));
      for (let i = 0; i < fields; i++) parts.push(this.text(`${this.#random.word()}${i}`));
      this.#classes.push(fields);
    }
    const number = this.#random.below(this.#classes.length);
    const short = number < 16 && this.#random.below(4) > 0;
    parts.push(short ? Buffer.of(0x60 + number) : Buffer.concat([Buffer.of(0x4f), this.int(number)]));
    parts.push(this.values(this.#classes[number] ?? 0, depth));
    return Buffer.concat(parts);
  }
}

type Writer = (values: HessianValues, random: Random, depth: number) => Buffer;

function fixed(tag: number, bytes: number, tags = 1): Writer {
  return (_, random) => Buffer.concat([Buffer.of(tag + random.below(tags)), random.bytes(bytes)]);
}

const binary: Writer = (_, random) => {
  const bytes = random.bytes(random.pick([0, 1, 15, 16, 300, 1023, 1024, 5000]));
  const chunks: Buffer[] = [];
  let rest = bytes;
  while (rest.length && !random.below(3)) {
    const chunk = rest.subarray(0, random.below(rest.length + 1));
    chunks.push(Buffer.of(0x41, chunk.length >> 8, chunk.length & 255), chunk);
    rest = rest.subarray(chunk.length);
  }
  const { length } = rest;
  const heads = [Buffer.of(0x42, length >> 8, length & 255)];
  if (length < 16) heads.push(Buffer.of(0x20 + length));
  if (length < 1024) heads.push(Buffer.of(0x34 + (length >> 8), length & 255));
  return Buffer.concat([...chunks, random.pick(heads), rest]);
};

const SCALARS: Writer[] = [
  (_, random) => Buffer.from(random.pick(["N", "T", "F"])),
  (values, random) => values.int(random.pick([0, -16, 47, -2048, 2047, 262143, -262144, 0x7fffffff, -0x80000000])),
  fixed(0xd8, 0, 24),
  fixed(0xf0, 1, 16),
  fixed(0x38, 2, 8),
  fixed(0x59, 4),
  fixed(0x4c, 8),
  fixed(0x5b, 0, 2),
  fixed(0x5d, 1),
  fixed(0x5e, 2),
  fixed(0x5f, 4),
  fixed(0x44, 8),
  fixed(0x4a, 8),
  fixed(0x4b, 4),
  binary,
  (values, random) => values.text(random.text()),
];

function entries(values: HessianValues, random: Random, depth: number): Buffer {
  return values.values(2 * random.below(4), depth);
}

const COMPOSITES: Writer[] = [
  (values, random, depth) => Buffer.concat([Buffer.of(0x57), values.values(random.below(6), depth), Buffer.of(0x5a)]),
  (values, random, depth) =>
    Buffer.concat([Buffer.of(0x55), values.type(), values.values(random.below(6), depth), Buffer.of(0x5a)]),
  (values, random, depth) => {
    const count = random.below(12);
    return Buffer.concat([Buffer.of(0x58), values.int(count), values.values(count, depth)]);
  },
  (values, random, depth) => {
    const count = random.below(12);
    return Buffer.concat([Buffer.of(0x56), values.type(), values.int(count), values.values(count, depth)]);
  },
  (values, random, depth) => {
    const count = random.below(8);
    return Buffer.concat([Buffer.of(0x78 + count), values.values(count, depth)]);
  },
  (values, random, depth) => {
    const count = random.below(8);
    return Buffer.concat([Buffer.of(0x70 + count), values.type(), values.values(count, depth)]);
  },
  (values, random, depth) => Buffer.concat([Buffer.of(0x48), entries(values, random, depth), Buffer.of(0x5a)]),
  (values, random, depth) =>
    Buffer.concat([Buffer.of(0x4d), values.type(), entries(values, random, depth), Buffer.of(0x5a)]),
  (values, random) => Buffer.concat([Buffer.of(0x51), values.int(random.below(300))]),
  (values, _, depth) => values.object(depth),
  (values, _, depth) => values.object(depth),
];
