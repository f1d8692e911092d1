import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "../../cli/support/meltemi.js";
import { programPath } from "../../mesh/tools/tools.js";

export interface Load {
  /** Requests a second, of all connections together; 0: as many as go. */
  readonly qps: number;
  readonly connections: number;
  readonly duration_s: number;
}

export interface LoadReport {
  readonly requests: number;
  readonly qps: number;
  /** How often which status was answered; -1 where none was. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/** HTTP load of fortio, from where `inside` puts it; `options` are those of `fortio load`. */
export async function load(
  inside: readonly string[],
  url: string,
  { qps, connections, duration_s }: Load,
  ...options: readonly string[]
): Promise<LoadReport> {
  const how = ["-qps", String(qps), "-c", String(connections), "-t", `${duration_s}s`, "-p", "50,99"];
  const quiet = ["-json", "-", "-quiet", "-loglevel", "Error", "-allow-initial-errors"];
  const [command = "", ...args] = [...inside, programPath("fortio"), "load", ...how, ...quiet, ...options, url];
  const { status, stdout, stderr } = await runToEnd(command, args);
  if (status !== 0) throw new Error(`fortio ended with status ${status}: ${stderr}`);
  const { ActualQPS, RetCodes, DurationHistogram } = JSON.parse(stdout) as FortioReport;
  const [p50 = 0, p99 = 0] = DurationHistogram.Percentiles.map(({ Value }) => Value * 1000);
  return { requests: DurationHistogram.Count, qps: ActualQPS, statuses: RetCodes, p50_ms: p50, p99_ms: p99 };
}

/** What became of a request, and when, in milliseconds since 1970. */
export interface Answered {
  readonly at_ms: number;
  /** Its status. */
  readonly outcome: string;
}

/** The same, told request by request. */
export async function loadAndTell(
  inside: readonly string[],
  url: string,
  how: Load,
  ...options: readonly string[]
): Promise<readonly Answered[]> {
  const directory = await mkdtemp(join(tmpdir(), "meltemi-fortio-"));
  try {
    const file = join(directory, "requests");
    await load(inside, url, how, "-access-log-file", file, ...options);
    const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
    return lines.map((line) => {
      const { timestamp, details } = JSON.parse(line) as { readonly timestamp: number; readonly details: string };
      return { at_ms: timestamp / 1e6, outcome: details };
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface FortioReport {
  readonly ActualQPS: number;
  readonly RetCodes: Readonly<Record<string, number>>;
  readonly DurationHistogram: { readonly Count: number; readonly Percentiles: readonly { readonly Value: number }[] };
}
