import type { Load, LoadResult, LoadRun } from "./load.js";

/** One row of a table: what is driven, and under which names it is reported. */
export interface Subject {
  readonly case: string;
  readonly proxy: string;
  readonly run: LoadRun;
}

/** What `--json` writes, one for each case and proxy. */
export interface Figures {
  readonly case: string;
  readonly proxy: string;
  readonly cpu_us_per_call: number;
  readonly calls_per_s: number;
  readonly p50_us: number;
  readonly p99_us: number;
}

export interface Measured {
  readonly figures: Figures;
  /** CPU per call of each round, in order: rounds of two subjects can be set against each other. */
  readonly cpu_us_by_round: readonly number[];
  /** Share of the time for which Envoy, and the load generator, kept a processor busy. */
  readonly envoy_busy: number;
  readonly load_busy: number;
}

/** Subjects take turns, so that what disturbs the machine disturbs all of them; medians of the rounds are reported. */
export async function measureInTurns(load: Load, subjects: readonly Subject[], rounds: number): Promise<Measured[]> {
  const results: LoadResult[][] = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      results[i]?.push(await load.measure(subject.run));
    }
  }
  return subjects.map((subject, i) => summarize(subject, results[i] ?? []));
}

function summarize(subject: Subject, results: readonly LoadResult[]): Measured {
  const cpuUs = results.map(({ envoy_cpu_seconds, calls }) => (envoy_cpu_seconds * 1e6) / calls);
  return {
    figures: {
      case: subject.case,
      proxy: subject.proxy,
      cpu_us_per_call: round(median(cpuUs)),
      calls_per_s: round(median(results.map(({ calls, seconds }) => calls / seconds))),
      p50_us: round(median(results.map(({ p50_us }) => p50_us))),
      p99_us: round(median(results.map(({ p99_us }) => p99_us))),
    },
    cpu_us_by_round: cpuUs,
    envoy_busy: median(results.map(({ envoy_cpu_seconds, seconds }) => envoy_cpu_seconds / seconds)),
    load_busy: median(results.map(({ load_cpu_seconds, seconds }) => load_cpu_seconds / seconds)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Four digits say more than any measurement knows. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
