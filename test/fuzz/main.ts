import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { buildFilter, TELL_KEPT_BYTES } from "../support/filter-build.js";
import { Campaign, type Failure } from "./campaign.js";
import { runCase } from "./case.js";
import { type FuzzOptions, parseOptions } from "./options.js";
import { readScript } from "./script.js";
import { SpokenCampaign } from "./spoken.js";
import { loadSeeds } from "./spoken-seeds.js";
import { SLICE, type Work } from "./worker.js";
import { World } from "./world.js";

const REPORT_PERIOD_MS = 2_000;
/** A case takes milliseconds; one that takes this long does not come to an end. */
const HANG_MS = 60_000;
const SPOKEN_SLICE = 1_000;

async function fuzz(options: FuzzOptions): Promise<boolean> {
  const filter = options.filter ?? (await buildFilter(TELL_KEPT_BYTES));
  if (options.script !== undefined) {
    runCase(
      new World(new WebAssembly.Module(readFileSync(filter))),
      readScript(readFileSync(options.script, "utf8")),
      true,
    );
    console.log("passed");
    return true;
  }
  if (options.protocol !== undefined) return speak(options.protocol, options, filter);
  if (options.case) {
    const campaign = new Campaign(new WebAssembly.Module(readFileSync(filter)), options.seed);
    const failure = campaign.run(options.case[0], options.case[1] + 1);
    if (failure) printFailure(options, failure);
    else console.log("passed");
    return failure === undefined;
  }
  return runAll(options, filter);
}

async function speak(protocol: string, options: FuzzOptions, filter: string): Promise<boolean> {
  const { cases, seed, case: range, policies } = options;
  const module = new WebAssembly.Module(readFileSync(filter));
  const campaign = new SpokenCampaign(module, await loadSeeds(protocol), seed, policies);
  const [from, to] = range ? [range[0], range[1] + 1] : [0, cases];
  for (let at = from; at < to; at += SPOKEN_SLICE) {
    campaign.run(at, Math.min(to, at + SPOKEN_SLICE));
    process.stderr.write(`\r${at - from} of ${to - from} cases   `);
  }
  console.log(`\npassed: ${to - from} cases of ${protocol}, seed ${seed}`);
  return true;
}

async function runAll(options: FuzzOptions, filter: string): Promise<boolean> {
  const { cases, seed, jobs, minutes } = options;
  const started_ms = Date.now();
  const count = Math.min(jobs, Math.ceil(cases / SLICE));
  const threads = Array.from({ length: count }, (_, i) => ({
    progress: new Int32Array(new SharedArrayBuffer(8)),
    first: i * SLICE,
    step: count,
  }));
  const done = (): number => threads.reduce((sum, { progress }) => sum + (progress[1] ?? 0), 0);
  const report = (): void => {
    const seconds = (Date.now() - started_ms) / 1000;
    const rate = Math.round(done() / seconds);
    process.stderr.write(
      `\r${done().toLocaleString("en")} of ${cases.toLocaleString("en")} cases, ${rate} a second   `,
    );
  };
  const timer = setInterval(report, REPORT_PERIOD_MS);
  let failures: Failure[];
  try {
    const outcomes = threads.map(({ progress, first, step }) => {
      const deadline_ms = started_ms + minutes * 60_000;
      const buffer = progress.buffer as SharedArrayBuffer;
      return runThread({ filter, seed, first, end: cases, step, deadline_ms, progress: buffer });
    });
    failures = (await Promise.all(outcomes)).filter((failure) => failure !== undefined);
  } finally {
    clearInterval(timer);
    report();
    process.stderr.write("\n");
  }
  for (const failure of failures) printFailure(options, failure);
  const seconds = Math.round((Date.now() - started_ms) / 1000);
  console.log(
    `${failures.length === 0 ? "passed" : "FAILED"}: ${done().toLocaleString("en")} cases of seed ${seed} in ${seconds} s`,
  );
  return failures.length === 0;
}

/** Settles when the thread is done, or when a case of it does not come to an end. */
function runThread(work: Work): Promise<Failure | undefined> {
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: work });
  const cells = new Int32Array(work.progress);
  return new Promise((resolve, reject) => {
    let seen = { done: -1, at_ms: Date.now() };
    const watch = setInterval(() => {
      if (cells[1] !== seen.done) seen = { done: cells[1] ?? 0, at_ms: Date.now() };
      if (Date.now() - seen.at_ms < HANG_MS) return;
      const index = cells[0] ?? 0;
      void worker.terminate();
      settle({ index, message: "it does not come to an end", shrunk: undefined, since: index });
    }, 1_000);
    const settle = (failure: Failure | undefined): void => {
      clearInterval(watch);
      resolve(failure);
    };
    worker.once("message", settle);
    worker.once("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}

function printFailure({ seed }: FuzzOptions, { index, message, shrunk, since }: Failure): void {
  console.log(`\ncase ${index} of seed ${seed} failed: ${message}`);
  if (shrunk === undefined) {
    console.log(`alone it passes; again with those before it: npm run fuzz -- --seed ${seed} --case ${since}-${index}`);
  } else {
    console.log(
      `again: npm run fuzz -- --seed ${seed} --case ${index}\nand as small as it gets, for --script:\n${shrunk}`,
    );
  }
}

try {
  process.exitCode = (await fuzz(parseOptions(process.argv))) ? 0 : 1;
} catch (error) {
  console.error(`fuzz: ${(error as Error).message}`);
  process.exitCode = 1;
}
