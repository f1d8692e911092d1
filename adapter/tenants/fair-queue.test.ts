import { beforeEach, describe, expect, it } from "vitest";
import { FairQueue } from "./fair-queue.js";

let now_ms: number;
let queue: FairQueue;

beforeEach(() => {
  now_ms = 0;
  queue = new FairQueue({ rateOf: (causer) => (causer === "root" ? Infinity : 10), now: () => now_ms });
});

function offer(...causers: readonly string[]): void {
  for (const causer of causers) queue.offer({ causer, tenant: causer });
}

/** Takes turns of this length until nobody may. */
function drain(duration_ms = 1, most = 1000): readonly string[] {
  const taken: string[] = [];
  for (let turn = queue.next(); turn !== undefined && taken.length < most; turn = queue.next()) {
    taken.push(turn.causer === turn.tenant ? turn.causer : `${turn.causer}>${turn.tenant}`);
    queue.spent(turn, duration_ms);
  }
  return taken;
}

describe("the queue", () => {
  it("gives turns one after the other, whoever came how often", () => {
    offer("foo", "foo", "foo", "bar", "foo");
    queue.offer({ causer: "foo", tenant: "bar" });
    queue.offer({ causer: "foo", tenant: "baz" });
    expect(drain()).toEqual(["foo", "bar", "foo>bar", "foo>baz"]);
    expect(queue.wait_ms).toBeUndefined();
  });

  it("holds one thing for each tenant and causer, however many changes come", () => {
    for (let i = 0; i < 100_000; i++) offer("foo");
    expect(queue.size).toBe(1);
    expect(drain()).toEqual(["foo"]);
  });

  it("lets a causer have its burst, then its rate", () => {
    let turns = 0;
    const flood = (duration_ms: number) => {
      for (const end_ms = now_ms + duration_ms; now_ms < end_ms; now_ms++) {
        offer("foo");
        turns += drain().length;
      }
    };
    flood(10_000);
    expect(turns).toBeGreaterThanOrEqual(20 + 99);
    expect(turns).toBeLessThanOrEqual(20 + 100);
    offer("bar");
    expect(drain(), "another one waits for a turn at most").toContain("bar");
  });

  it("takes what lasts long for several turns", () => {
    offer("foo");
    expect(drain(500)).toEqual(["foo"]);
    offer("foo");
    // 500 ms are 25 tokens, of which there were 20.
    expect(queue.wait_ms).toBe(600);
    now_ms = 599;
    expect(queue.next()).toBeUndefined();
    now_ms = 600;
    expect(queue.next()).toEqual({ causer: "foo", tenant: "foo" });
  });

  it("has others pay nothing for what a causer makes them do", () => {
    for (let i = 0; i < 40; i++) {
      queue.offer({ causer: "foo", tenant: "bar" });
      expect(drain(100), "what follows does not wait").toEqual(["foo>bar"]);
    }
    offer("bar");
    expect(drain()).toEqual(["bar"]);
    offer("foo");
    expect(drain()).toEqual([]);
  });

  it("does not hold up who has no limit, and gives others turns between its own", () => {
    offer("root", "foo", "bar");
    for (const tenant of ["a", "b", "c", "d"]) queue.offer({ causer: "root", tenant });
    expect(drain(1000)).toEqual(["root", "foo", "bar", "root>a", "root>b", "root>c", "root>d"]);
  });

  it("forgets those that have been quiet", () => {
    for (let i = 0; i < 10_000; i++) {
      offer(`tenant-${i}`);
      drain();
      now_ms += 200;
    }
    const { buckets } = queue;
    expect(buckets).toBeLessThan(64);
  });
});
