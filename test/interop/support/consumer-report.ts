import type { Program } from "./program.js";

export interface Check {
  readonly ok: boolean;
  readonly detail: string;
}

/** What a consumer has the test do while it waits: `kill v2`, … */
export type Steps = Readonly<Record<string, () => Promise<unknown>>>;

/** Follows a consumer to its end: its checks by name. */
export async function reportOf(consumer: Program, steps: Steps = {}): Promise<ReadonlyMap<string, Check>> {
  const checks = new Map<string, Check>();
  let failed: Error | undefined;
  const obey = (step: string): Promise<void> =>
    take(steps, step).then(
      () => consumer.tell("done"),
      (error: Error) => {
        failed = error;
        void consumer.stop("SIGKILL");
      },
    );
  consumer.onLine((line) => {
    const said = line === undefined ? undefined : parse(line);
    if (said?.name !== undefined) checks.set(said.name, { ok: said.ok === true, detail: String(said.detail) });
    if (said?.step !== undefined) void obey(said.step);
  });
  const status = await consumer.exited;
  if (failed !== undefined) throw failed;
  if (status !== 0) throw new Error(`${consumer.name} has ended with status ${status}\n${consumer.log()}`);
  return checks;
}

async function take(steps: Steps, name: string): Promise<void> {
  const step = steps[name];
  if (step === undefined) throw new Error(`the consumer asks for the step "${name}", which this test does not have`);
  await step();
}

interface Said {
  readonly name?: string;
  readonly ok?: boolean;
  readonly detail?: unknown;
  readonly step?: string;
}

/** Lines that are no objects are the libraries' own logs. */
function parse(line: string): Said | undefined {
  return line.startsWith("{") ? (JSON.parse(line) as Said) : undefined;
}
