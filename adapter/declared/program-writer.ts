/** The numbers of filter/codec/declared/program.ts. */
export const Op = {
  MAGIC: 1,
  NEED: 2,
  LENGTH: 3,
  VARINT_LENGTH: 4,
  TOTAL: 5,
  LINE: 6,
  TEST: 7,
  TEST_BYTES: 8,
  KIND: 9,
  REFUSE: 10,
  ID: 11,
  STATUS: 12,
  OK_SET: 13,
  OK: 14,
  STOP: 32,
  AT: 33,
  FIXED: 34,
  BY_NUMBER: 35,
  PREFIXED: 36,
  UNTIL: 37,
  REST: 38,
  NUMBER: 39,
  TRIM: 40,
  WORD: 41,
  PAIRS: 42,
  TEXT_PAIRS: 43,
  PROTOBUF: 44,
  PROTOBUF_MAP: 45,
  JSON: 46,
  JSON_MAP: 47,
  THRIFT: 48,
  THRIFT_MAP: 49,
  OUT: 50,
  PUT: 96,
  PUT_ID: 97,
  PUT_CODE: 98,
  PUT_TEXT: 99,
  PUT_ECHO: 100,
  PUT_BEGIN: 101,
  PUT_END: 102,
} as const;

export const Target = { SERVICE: 0, METHOD: 1, ID: 2, STATUS: 3, ATTRIBUTE: 16 } as const;

export const Want = { NAMED: 1 << 16, NAMES: 1 << 17, ID: 1 << 18, STATUS: 1 << 19 } as const;

export const Form = { LITTLE: 0x40, VARINT: 0x80, HESSIAN: 0x81 } as const;

const MAGIC = 0x3150444d;
const HEAD_BYTES = 112;
const OP_BYTES = 16;

/** One op; what is left out is 0. `x` may be negative. */
export interface Instruction {
  readonly code: number;
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
  readonly x?: number;
  readonly y?: number | Pooled;
  readonly z?: number;
  /** `x` is a place of the pool. */
  readonly at?: Pooled;
}

/** A piece of the pool, at an offset that is known at the end. */
export interface Pooled {
  readonly index: number;
}

/** What stands in a piece of the pool where another piece's offset is to stand. */
type Word = number | Pooled;

export interface Span {
  readonly at: number;
  readonly bytes: number;
}

export interface ProgramParts {
  /** In the order of the program's sections. */
  readonly sections: readonly (readonly Instruction[])[];
  readonly names: readonly string[];
  readonly echo: Span;
  readonly dialect: Span;
  readonly codes: readonly number[];
  /** 0: the filter takes that of a bad request. */
  readonly deniedCode: number;
  readonly ordered: boolean;
}

/** Collects literals, and lays out a program. */
export class ProgramWriter {
  readonly #pieces: { readonly bytes: Uint8Array; readonly offsets: readonly { at: number; of: Pooled }[] }[] = [];
  readonly #known = new Map<string, Pooled>();

  bytes(bytes: Uint8Array): Pooled {
    return this.#add(bytes, []);
  }

  /** 32-bit numbers, and offsets of other pieces. */
  words(words: readonly Word[]): Pooled {
    const bytes = new Uint8Array(words.length * 4);
    const view = new DataView(bytes.buffer);
    const offsets: { at: number; of: Pooled }[] = [];
    for (const [index, word] of words.entries()) {
      if (typeof word === "number") view.setInt32(index * 4, word, true);
      else offsets.push({ at: index * 4, of: word });
    }
    return this.#add(bytes, offsets);
  }

  /** A mask; undefined: none. */
  mask(mask: number | undefined): Pooled | undefined {
    return mask === undefined ? undefined : this.#numbers([mask]);
  }

  set(mask: number | undefined, values: readonly number[]): Pooled {
    return this.#numbers([mask ?? 0, values.length, ...values]);
  }

  #numbers(numbers: readonly number[]): Pooled {
    const bytes = new Uint8Array(numbers.length * 8);
    const view = new DataView(bytes.buffer);
    for (const [index, number] of numbers.entries()) view.setBigUint64(index * 8, BigInt(number), true);
    return this.#add(bytes, []);
  }

  #add(bytes: Uint8Array, offsets: readonly { at: number; of: Pooled }[]): Pooled {
    const key = `${Buffer.from(bytes).toString("hex")} ${offsets.map(({ at, of }) => `${at}:${of.index}`).join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const pooled = { index: this.#pieces.length };
    this.#pieces.push({ bytes, offsets });
    this.#known.set(key, pooled);
    return pooled;
  }

  write({ sections, names, echo, dialect, codes, deniedCode, ordered }: ProgramParts): Uint8Array {
    const nameList = this.words(
      names.flatMap((name) => {
        const bytes = new TextEncoder().encode(name);
        return [this.bytes(bytes), bytes.length];
      }),
    );
    const ops = sections.flat();
    const places: number[] = [];
    let end = HEAD_BYTES + ops.length * OP_BYTES;
    for (const { bytes } of this.#pieces) {
      places.push(end);
      end += (bytes.length + 7) & ~7;
    }
    const program = new Uint8Array(end);
    const view = new DataView(program.buffer);
    const place = ({ index }: Pooled): number => places[index] ?? 0;
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, end, true);
    view.setUint32(8, HEAD_BYTES, true);
    view.setUint32(12, ops.length, true);
    let first = 0;
    for (const [index, section] of sections.entries()) {
      view.setUint16(16 + index * 4, first, true);
      view.setUint16(18 + index * 4, section.length, true);
      first += section.length;
    }
    view.setUint32(44, place(nameList), true);
    view.setUint32(48, names.length, true);
    for (const [index, number] of [echo.at, echo.bytes, dialect.at, dialect.bytes, ...codes].entries()) {
      view.setUint32(52 + index * 4, number, true);
    }
    view.setUint32(96, ordered ? 1 : 0, true);
    view.setUint32(100, deniedCode, true);
    for (const [index, op] of ops.entries()) this.#writeOp(view, HEAD_BYTES + index * OP_BYTES, op, place);
    for (const [index, { bytes, offsets }] of this.#pieces.entries()) {
      program.set(bytes, places[index]);
      for (const { at, of } of offsets) view.setUint32((places[index] ?? 0) + at, place(of), true);
    }
    return program;
  }

  #writeOp(view: DataView, to: number, op: Instruction, place: (pooled: Pooled) => number): void {
    view.setUint8(to, op.code);
    view.setUint8(to + 1, op.a ?? 0);
    view.setUint8(to + 2, op.b ?? 0);
    view.setUint8(to + 3, op.c ?? 0);
    view.setInt32(to + 4, op.at === undefined ? (op.x ?? 0) : place(op.at), true);
    view.setUint32(to + 8, typeof op.y === "object" ? place(op.y) : (op.y ?? 0), true);
    view.setUint32(to + 12, op.z ?? 0, true);
  }
}

export function literalBytes({ text, hex }: { readonly text?: string; readonly hex?: string }): Uint8Array {
  return hex === undefined ? new TextEncoder().encode(text ?? "") : Buffer.from(hex.replaceAll(/\s/g, ""), "hex");
}
