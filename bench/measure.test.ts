import { describe, expect, it } from "vitest";
import type { Load, LoadResult, LoadRun } from "./load.js";
import { measureInTurns, median } from "./measure.js";

describe("median", () => {
  it.each([
    [[3], 3],
    [[9, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])("of %j is %d", (values, expected) => expect(median(values)).toBe(expected));
});

describe("measureInTurns", () => {
  it("lets the subjects take turns and reports medians", async () => {
    const turns: string[] = [];
    const cpu_s = [1, 10, 3, 30, 2, 20];
    const load = {
      measure: async ({ address }: LoadRun): Promise<LoadResult> => {
        turns.push(address);
        const envoy_cpu_seconds = cpu_s.shift() ?? Number.NaN;
        return { calls: 1e6, seconds: 40, envoy_cpu_seconds, load_cpu_seconds: 4, p50_us: 5, p99_us: 6, max_us: 7 };
      },
    } as unknown as Load;
    const subject = (address: string) => ({ case: "c", proxy: address, run: { address } as LoadRun });

    const [a, b] = await measureInTurns(load, [subject("a"), subject("b")], 3);

    expect(turns).toEqual(["a", "b", "a", "b", "a", "b"]);
    expect(a?.figures).toEqual({
      case: "c",
      proxy: "a",
      cpu_us_per_call: 2,
      calls_per_s: 25_000,
      p50_us: 5,
      p99_us: 6,
    });
    expect(b?.figures.cpu_us_per_call).toBe(20);
    expect(b?.cpu_us_by_round).toEqual([10, 30, 20]);
    expect(b?.envoy_busy).toBe(0.5);
  });
});
