import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Campaign, type Failure } from "./campaign.js";

/** What a thread is to do: every `step`th slice of the cases from `first` on, up to `end`, until `deadline_ms`. */
export interface Work {
  filter: string;
  seed: number;
  first: number;
  end: number;
  step: number;
  deadline_ms: number;
  /** [ case under way, cases done ], for whoever watches. */
  progress: SharedArrayBuffer;
}

export const SLICE = 20_000;

function work({ filter, seed, first, end, step, deadline_ms, progress }: Work): Failure | undefined {
  const cells = new Int32Array(progress);
  const campaign = new Campaign(new WebAssembly.Module(readFileSync(filter)), seed);
  for (let from = first; from < end && Date.now() < deadline_ms; from += step * SLICE) {
    const failure = campaign.run(from, Math.min(end, from + SLICE), (index) => {
      cells[0] = index;
      cells[1] = (cells[1] ?? 0) + 1;
    });
    if (failure) return failure;
  }
  return undefined;
}

parentPort?.postMessage(work(workerData as Work));
