/** A turn is one callback of Envoy's event loop. Nothing runs by itself: a test says when. */
export class EventLoop {
  private readonly turns: Array<() => void> = [];
  /** Nanoseconds since the epoch, moved by tests alone. */
  now_ns = 1_700_000_000_000_000_000n;

  post(turn: () => void): void {
    this.turns.push(turn);
  }

  get idle(): boolean {
    return this.turns.length === 0;
  }

  /** Runs all turns, also those that they post. A loop that does not come to rest is a failure. */
  runUntilIdle(): void {
    for (let count = 0; this.turns.length > 0; count++) {
      if (count === 50_000) throw new Error("the event loop does not come to rest: 50,000 turns, and more to do");
      this.turns.shift()?.();
    }
  }
}
