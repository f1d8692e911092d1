import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../support/random.js";
import { TRACKS } from "./faults.js";
import { memoryBound_bytes } from "./memory.js";
import { parseOptions, type SoakOptions } from "./options.js";
import type { ClientGroup, Report } from "./peers.js";
import { clientGroups } from "./services.js";
import { findSoakEnvoy } from "./soak-envoy.js";
import { World } from "./world.js";

const REPORT_EVERY_MS = 5_000;
const LONGEST_MESSAGE_BYTES = 16 << 20;
const MIB = 1 << 20;

/** What a run has seen. */
class Verdict {
  readonly faults = new Map<string, number>();
  readonly problems: string[] = [];
  most_bytes = 0;
  slowest_ms = 0;

  note(report: Report): void {
    this.problems.push(...(report.texts ?? []));
    this.slowest_ms = Math.max(this.slowest_ms, report.latencies.healthy?.max_ms ?? 0);
  }
}

async function soak(options: SoakOptions): Promise<boolean> {
  const { seed, concurrency } = options;
  const envoyPath = await findSoakEnvoy(options.envoy);
  console.log(`soak: ${options.minutes} min, seed ${seed}, Envoy ${options.envoy}, ${concurrency} workers`);
  const world = await World.start({ seed, envoyPath, concurrency });
  const verdict = new Verdict();
  const groups = clientGroups(options.size);
  let report: Report;
  try {
    const base_bytes = Math.max(...world.envoys.map(({ memory_bytes }) => memory_bytes));
    const bound_bytes = base_bytes + memoryBound_bytes(groups);
    for (const group of groups) await world.peers.clients(group, LONGEST_MESSAGE_BYTES);
    report = await run(world, options, verdict, bound_bytes);
    if (verdict.most_bytes > bound_bytes) {
      verdict.problems.push(`Envoy took ${mib(verdict.most_bytes)} MiB, the bound is ${mib(bound_bytes)} MiB`);
    }
    console.log(
      `memory: ${mib(base_bytes)} MiB at rest, ${mib(verdict.most_bytes)} at most, bound ${mib(bound_bytes)}`,
    );
  } finally {
    await world.stop();
  }
  verdict.problems.push(...world.complaints);
  return tell(options, verdict, report, groups);
}

async function run(world: World, options: SoakOptions, verdict: Verdict, bound_bytes: number): Promise<Report> {
  const begin_ms = Date.now();
  const end_ms = begin_ms + options.minutes * 60_000;
  const tracks = TRACKS.map(async ({ pause_ms, faults }, i) => {
    const random = new Random(options.seed + i);
    const names = Object.keys(faults).filter((name) => options.faults.length === 0 || options.faults.includes(name));
    while (names.length > 0) {
      await sleep(Math.min(random.below(2 * pause_ms), Math.max(end_ms - Date.now(), 0)));
      if (Date.now() >= end_ms) return;
      const name = random.pick(names);
      await faults[name]?.(world, random);
      verdict.faults.set(name, (verdict.faults.get(name) ?? 0) + 1);
    }
  });
  let over = false;
  const faults = Promise.all([...tracks, sleep(end_ms - begin_ms)]).finally(() => {
    over = true;
  });
  let calls = 0;
  while (!over) {
    await Promise.race([faults, sleep(REPORT_EVERY_MS)]);
    const memory_bytes = Math.max(0, ...world.envoys.map((envoy) => envoy.memory_bytes));
    verdict.most_bytes = Math.max(verdict.most_bytes, memory_bytes);
    const report = await world.peers.report();
    verdict.note(report);
    const now = answers(report);
    const { p50_ms = 0, p99_ms = 0, max_ms = 0 } = report.latencies.healthy ?? {};
    console.log(
      `${String(Math.round((Date.now() - begin_ms) / 1000)).padStart(5)} s  ${now} answers (${Math.round((now - calls) / (REPORT_EVERY_MS / 1000))}/s)` +
        `  p50 ${p50_ms.toFixed(1)} p99 ${p99_ms.toFixed(0)} max ${max_ms.toFixed(0)} ms` +
        `  ${mib(memory_bytes)}/${mib(bound_bytes)} MiB  ${report.failures} failures`,
    );
    for (const text of report.texts ?? []) console.log(`  ✗ ${text}`);
    calls = now;
  }
  await faults;
  const last = await world.peers.finish();
  verdict.note(last);
  for (const text of last.texts ?? []) console.log(`  ✗ ${text}`);
  return last;
}

function tell(
  { seed, minutes, envoy, concurrency, size }: SoakOptions,
  verdict: Verdict,
  report: Report,
  groups: readonly ClientGroup[],
): boolean {
  const rows = [
    ...Object.entries(report.counts),
    ...[...verdict.faults].map(([name, n]) => [`fault: ${name}`, n] as const),
  ];
  for (const [what, count] of rows.sort()) console.log(`${String(count).padStart(9)}  ${what}`);
  // A run that has proved nothing has not passed.
  for (const { kind } of groups) {
    if (report.counts[`misbehaved: ${kind}`] === undefined && report.counts[`${kind}: connections`] === undefined) {
      verdict.problems.push(`nobody of kind "${kind}" has called`);
    }
  }
  if ((report.counts["healthy: answers"] ?? 0) === 0) verdict.problems.push("no healthy call was answered");
  const good = report.failures === 0 && verdict.problems.length === 0;
  console.log(good ? "PASSED" : `FAILED: ${report.failures} failures`);
  for (const problem of verdict.problems.slice(0, 20)) console.log(`  ${problem}`);
  if (!good) {
    console.log(
      `again: npm run soak -- --minutes ${minutes} --seed ${seed} --envoy ${envoy} --concurrency ${concurrency} --size ${size}`,
    );
  }
  return good;
}

function answers({ counts }: Report): number {
  return Object.entries(counts).reduce((sum, [what, n]) => (what.endsWith(": answers") ? sum + n : sum), 0);
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

process.exitCode = (await soak(parseOptions(process.argv))) ? 0 : 1;
