import { MAX_STREAMS, MAX_STREAMS_PER_PEER } from "./limits.js";
import { Refusal } from "./refusal.js";

/** Counts streams, in all and by peer. */
export class StreamQuota {
  #all = 0;
  readonly #byPeer = new Map<string, number>();

  /** Throws where there is no room for one more. */
  take(peer: string): void {
    const own = this.#byPeer.get(peer) ?? 0;
    if (this.#all >= MAX_STREAMS) throw new Refusal("RESOURCE_EXHAUSTED", `there are ${MAX_STREAMS} streams already`);
    if (own >= MAX_STREAMS_PER_PEER) {
      throw new Refusal("RESOURCE_EXHAUSTED", `${peer} has ${MAX_STREAMS_PER_PEER} streams already`);
    }
    this.#all++;
    this.#byPeer.set(peer, own + 1);
  }

  giveBack(peer: string): void {
    const own = this.#byPeer.get(peer) ?? 0;
    this.#all--;
    if (own > 1) this.#byPeer.set(peer, own - 1);
    else this.#byPeer.delete(peer);
  }
}
