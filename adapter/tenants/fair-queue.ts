/** Something to do for a tenant, because of a change that a tenant has made: mostly the same one. */
export interface Turn {
  readonly causer: string;
  readonly tenant: string;
}

export interface FairQueueOptions {
  /** Turns for changes of its own that a causer gets in a second, in the long run; Infinity: as many as there are. */
  readonly rateOf: (causer: string) => number;
  /** Milliseconds, from any moment on. */
  readonly now: () => number;
}

/** After a pause as many turns come at once as in this time. */
const BURST_S = 2;

/** A change costs one token, and what takes long a token for each of these: with ten tokens in a second a causer has a fifth of the time. */
const TOKEN_MS = 20;

interface Bucket {
  tokens: number;
  at_ms: number;
}

/**
 * Whose turn it is: one causer after the other, each as often as its token bucket allows. A tenant waits once for a causer, whatever it
 * has changed meanwhile, so that nothing grows with the number of changes.
 */
export class FairQueue {
  readonly #rateOf: (causer: string) => number;
  readonly #now: () => number;
  /** By causer, in the order of their turns. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Of those that are not full. */
  readonly #buckets = new Map<string, Bucket>();
  #swept = 0;

  constructor({ rateOf, now }: FairQueueOptions) {
    this.#rateOf = rateOf;
    this.#now = now;
  }

  /** How many causers wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** How many are remembered because they have not all their tokens. */
  get buckets(): number {
    return this.#buckets.size;
  }

  offer({ causer, tenant }: Turn): void {
    const known = this.#waiting.get(causer);
    if (known === undefined) this.#waiting.set(causer, new Set([tenant]));
    else known.add(tenant);
  }

  /** Undefined where nobody may have one. What follows from a change that was taken does not wait for a token: it delays the next change. */
  next(): Turn | undefined {
    for (const [causer, tenants] of this.#waiting) {
      const tenant = [...tenants].find((one) => one !== causer || this.#tokensOf(causer) >= 1);
      if (tenant === undefined) continue;
      tenants.delete(tenant);
      // Who comes back comes behind the others.
      this.#waiting.delete(causer);
      if (tenants.size > 0) this.#waiting.set(causer, tenants);
      return { causer, tenant };
    }
    return undefined;
  }

  /** What a turn has cost, which may leave less than nothing. What follows from a change costs its time alone. */
  spent({ causer, tenant }: Turn, duration_ms: number): void {
    if (this.#rateOf(causer) === Number.POSITIVE_INFINITY) return;
    const cost = Math.max(causer === tenant ? 1 : 0, duration_ms / TOKEN_MS);
    this.#buckets.set(causer, { tokens: this.#tokensOf(causer) - cost, at_ms: this.#now() });
    this.#sweep();
  }

  /** Until somebody who waits may have a turn; undefined: nobody waits. */
  get wait_ms(): number | undefined {
    if (this.#waiting.size === 0) return undefined;
    return Math.min(...[...this.#waiting].map(([causer, tenants]) => this.#untilTurn_ms(causer, tenants)));
  }

  #untilTurn_ms(causer: string, tenants: ReadonlySet<string>): number {
    const lacking = tenants.has(causer) && tenants.size === 1 ? 1 - this.#tokensOf(causer) : 0;
    return lacking <= 0 ? 0 : Math.ceil((lacking / this.#rateOf(causer)) * 1000);
  }

  #tokensOf(causer: string): number {
    const bucket = this.#buckets.get(causer);
    const full = this.#full(causer);
    if (bucket === undefined) return full;
    return Math.min(full, bucket.tokens + ((this.#now() - bucket.at_ms) / 1000) * this.#rateOf(causer));
  }

  #full(causer: string): number {
    return this.#rateOf(causer) * BURST_S;
  }

  /** Forgets full buckets, each time that there are twice as many as after the last time. */
  #sweep(): void {
    if (this.#buckets.size < 2 * this.#swept + 16) return;
    for (const causer of this.#buckets.keys())
      if (this.#tokensOf(causer) >= this.#full(causer)) this.#buckets.delete(causer);
    this.#swept = this.#buckets.size;
  }
}
