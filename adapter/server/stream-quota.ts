import { MAX_STREAMS, MAX_STREAMS_PER_PEER } from "./limits.js";
import { Refusal } from "./refusal.js";

/** Counts streams by whose they are. */
export class Quota {
  readonly #most: number;
  readonly #taken = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Throws where there is no room for one more. */
  take(owner: string, description = owner): void {
    const own = this.#taken.get(owner) ?? 0;
    if (own >= this.#most) throw new Refusal("RESOURCE_EXHAUSTED", `${description} has ${this.#most} streams already`);
    this.#taken.set(owner, own + 1);
  }

  giveBack(owner: string): void {
    const own = this.#taken.get(owner) ?? 0;
    if (own > 1) this.#taken.set(owner, own - 1);
    else this.#taken.delete(owner);
  }
}

/** Counts streams, in all and by peer. */
export class StreamQuota {
  #all = 0;
  readonly #byPeer = new Quota(MAX_STREAMS_PER_PEER);

  /** Throws where there is no room for one more. */
  take(peer: string): void {
    if (this.#all >= MAX_STREAMS) throw new Refusal("RESOURCE_EXHAUSTED", `there are ${MAX_STREAMS} streams already`);
    this.#byPeer.take(peer);
    this.#all++;
  }

  giveBack(peer: string): void {
    this.#all--;
    this.#byPeer.giveBack(peer);
  }
}
