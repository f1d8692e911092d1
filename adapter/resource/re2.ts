/** RE2's own bound of `{n,m}`, of nested ones together. */
const MAX_REPEAT = 1000;
/** States that an expression may need: below what the bootstrap allows (`re2.max_program_size.error_level`), counted generously. */
const MAX_STATES = 20_000;
/** What a class of Unicode's characters needs, about. */
const UNICODE_CLASS_STATES = 1300;

const POSIX_CLASS = /^\[:\^?(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;
const UNICODE_CLASS = /^\\[pP](\{\^?[A-Za-z_]+\}|[A-Z])/;
/** Envoy reads bytes, not characters: there are none beyond 0xff. */
const CODE = /^\\(x[0-9A-Fa-f]{2}|x\{0{0,4}[0-9A-Fa-f]{1,2}\}|[0-3][0-7]{2}|[0-7]{2}(?![0-7])|0)/;
const REPEAT = /^\{(\d{1,6})(,(\d{0,6}))?\}/;
const GROUP = /^\?(:|P?<[A-Za-z_][A-Za-z_0-9]*>|(?=[imsU-])([imsU]*(-[imsU]+)?)(:|\)))/;

/**
 * Why Envoy would not take a regular expression: one bad expression holds back all routes that are sent with it. Undefined where
 * it takes it. Stricter than RE2 where that is asked for rarely: it says no to what needs very many states.
 */
export function badRegex(pattern: string): string | undefined {
  try {
    new Reader(pattern).read();
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/** Reads an expression as RE2 does, and counts what it needs. */
class Reader {
  #at = 0;
  readonly #names = new Set<string>();

  constructor(private readonly pattern: string) {}

  read(): void {
    const { states } = this.#alternatives(0);
    if (this.#at < this.pattern.length) throw new SyntaxError("a ) has no ( before it");
    if (states > MAX_STATES) throw new SyntaxError("it is too large: Envoy may refuse it");
  }

  get #rest(): string {
    return this.pattern.slice(this.#at);
  }

  #take(expression: RegExp): RegExpExecArray | undefined {
    const found = expression.exec(this.#rest);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  #alternatives(depth: number): Size {
    // RE2's bound of nesting.
    if (depth > MAX_REPEAT) throw new SyntaxError("its groups are nested too deeply");
    let size: Size = { states: 1, repeat: 1 };
    while (this.#at < this.pattern.length && this.pattern[this.#at] !== ")") {
      if (this.pattern[this.#at] === "|") {
        this.#at += 1;
        continue;
      }
      const atom = this.#repeated(depth);
      size = { states: size.states + atom.states, repeat: Math.max(size.repeat, atom.repeat) };
    }
    return size;
  }

  #repeated(depth: number): Size {
    const atom = this.#atom(depth);
    let size = atom;
    for (let operators = 0; ; operators++) {
      const counted = this.#take(REPEAT);
      const simple = counted === undefined && this.#take(/^[*+?]/);
      if (counted === undefined && !simple) return size;
      // `**` is one of Perl's mistakes that RE2 does not share.
      if (operators > 0) throw new SyntaxError("an operator of repetition follows another one");
      this.#take(/^\?/);
      if (counted === undefined) continue;
      const minimum = Number(counted[1]);
      const maximum = counted[3] === undefined || counted[3] === "" ? minimum : Number(counted[3]);
      if (maximum < minimum) throw new SyntaxError(`${counted[0]}: ${maximum} is less than ${minimum}`);
      const repeat = Math.max(minimum, maximum, 1) * atom.repeat;
      if (repeat > MAX_REPEAT) throw new SyntaxError(`${counted[0]}: repeats more than ${MAX_REPEAT} times`);
      size = { states: atom.states * Math.max(minimum, maximum, 1) + 1, repeat };
    }
  }

  #atom(depth: number): Size {
    const one = { states: 1, repeat: 1 };
    const character = this.pattern[this.#at];
    if (character === "(") return this.#group(depth);
    if (character === "[") return this.#class();
    if (character === "\\") return this.#escape();
    if (character === "*" || character === "+" || character === "?") {
      throw new SyntaxError(`${character} has nothing before it to repeat`);
    }
    if (this.#take(REPEAT) !== undefined) throw new SyntaxError("a {} has nothing before it to repeat");
    this.#at += String.fromCodePoint(this.pattern.codePointAt(this.#at) ?? 0).length;
    // UTF-8's forms of any character.
    return character === "." ? { ...one, states: 4 } : one;
  }

  #group(depth: number): Size {
    this.#at += 1;
    if (this.pattern[this.#at] === "?") {
      const found = this.#take(GROUP);
      if (found === undefined) {
        throw new SyntaxError(`(${this.#rest.slice(0, 3)}: RE2 has no such group (it looks neither ahead nor back)`);
      }
      const name = /<(.*)>/.exec(found[0])?.[1];
      if (name !== undefined && this.#names.has(name)) throw new SyntaxError(`the group ${name} is there twice`);
      if (name !== undefined) this.#names.add(name);
      // Flags alone: for the rest of the group around.
      if (found[0].endsWith(")")) return { states: 1, repeat: 1 };
    }
    const size = this.#alternatives(depth + 1);
    if (this.pattern[this.#at] !== ")") throw new SyntaxError("a ( has no ) behind it");
    this.#at += 1;
    return { ...size, states: size.states + 2 };
  }

  #class(): Size {
    let states = 4;
    this.#at += 1;
    this.#take(/^\^/);
    for (let first = true; ; first = false) {
      const character = this.pattern[this.#at];
      if (character === undefined) throw new SyntaxError("a [ has no ] behind it");
      if (character === "]" && !first) break;
      if (this.#rest.startsWith("[:")) {
        if (this.#take(POSIX_CLASS) !== undefined) continue;
        if (/^\[:[^\]]*:\]/.test(this.#rest)) throw new SyntaxError("RE2 has no such class of characters");
      }
      if (this.#take(UNICODE_CLASS) !== undefined) {
        states += UNICODE_CLASS_STATES;
        continue;
      }
      if (this.#take(/^\\[dDwWsS]/) !== undefined) {
        states += 4;
        continue;
      }
      const low = this.#classCharacter();
      states += 1;
      if (this.pattern[this.#at] !== "-" || this.pattern[this.#at + 1] === "]") continue;
      this.#at += 1;
      const high = this.#classCharacter();
      if (high < low) throw new SyntaxError("a range of characters ends before it begins");
    }
    this.#at += 1;
    return { states, repeat: 1 };
  }

  #classCharacter(): number {
    if (this.pattern[this.#at] === undefined) throw new SyntaxError("a [ has no ] behind it");
    const coded = this.#take(CODE)?.[1];
    if (coded !== undefined) {
      return coded.startsWith("x") ? Number.parseInt(coded.replace(/[x{}]/g, ""), 16) : Number.parseInt(coded, 8);
    }
    if (this.pattern[this.#at] === "\\") {
      const escaped = this.#take(/^\\([aftnrv]|[^A-Za-z0-9])/u);
      if (escaped === undefined) throw new SyntaxError(`${this.#rest.slice(0, 2)}: RE2 has no such escape`);
      return escaped[1]?.codePointAt(0) ?? 0;
    }
    const code = this.pattern.codePointAt(this.#at) ?? 0;
    if (code > 0x7f) throw new SyntaxError("a class has characters of ASCII alone: Envoy reads bytes");
    this.#at += String.fromCodePoint(code).length;
    return code;
  }

  #escape(): Size {
    if (this.#rest === "\\") throw new SyntaxError("a \\ has nothing behind it");
    if (this.#take(UNICODE_CLASS) !== undefined) return { states: UNICODE_CLASS_STATES, repeat: 1 };
    if (this.#rest.startsWith("\\Q")) {
      const quoted = this.#take(/^\\Q[\s\S]*?(\\E|$)/)?.[0].length ?? 1;
      return { states: quoted, repeat: 1 };
    }
    const known = this.#take(CODE) ?? this.#take(/^\\([AbBdDsSwWzCaftnrv]|[^A-Za-z0-9])/u);
    if (known === undefined) throw new SyntaxError(`${this.#rest.slice(0, 2)}: RE2 has no such escape`);
    return { states: 4, repeat: 1 };
  }
}

interface Size {
  readonly states: number;
  /** How often its innermost part is repeated. */
  readonly repeat: number;
}
