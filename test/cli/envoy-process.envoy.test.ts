import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";

const log = createLogger({ level: "silent" });
const bootstrap = { admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } } };

describe.each(["MELTEMI_TEST_ENVOY_1_40", "MELTEMI_TEST_ENVOY_1_36"])("EnvoyProcess on $%s", (variable) => {
  const path = process.env[variable] as string;

  it("starts Envoy, says where its admin interface is, and ends it", async () => {
    const envoy = await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log });
    const admin = await envoy.ready();
    const info = (await (await fetch(`http://${admin}/server_info`)).json()) as { state: string };
    expect(info.state).toBe("LIVE");
    expect(await envoy.stop()).toMatchObject({ status: 0, signal: null });
    expect(isRunning(envoy.pid)).toBe(false);
  });

  it("says why Envoy has ended by itself", async () => {
    const envoy = await EnvoyProcess.start({ path, bootstrap: { no_such_field: 1 }, concurrency: 1, log });
    await expect(envoy.ready()).rejects.toThrow(/^Envoy ended with status 1:\n(.|\n)*no_such_field/);
    await envoy.stop();
  });

  it("does not outlive us, even when we are killed", async () => {
    const script = `
      import { EnvoyProcess } from "./dist/adapter/envoy/envoy-process.js";
      import { createLogger } from "./dist/adapter/log/logger.js";
      const log = createLogger({ level: "silent" });
      const bootstrap = ${JSON.stringify(bootstrap)};
      const envoy = await EnvoyProcess.start({ path: ${JSON.stringify(path)}, bootstrap, concurrency: 1, log });
      await envoy.ready();
      console.log(envoy.pid);`;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve) =>
      createInterface({ input: parent.stdout }).once("line", (line) => resolve(Number(line))),
    );
    expect(isRunning(pid)).toBe(true);
    parent.kill("SIGKILL");
    while (isRunning(pid)) await sleep(10);
  });
});

it("says that a file is no program", async () => {
  const starting = EnvoyProcess.start({ path: "/dev/null", bootstrap, concurrency: 1, log });
  await expect(starting).rejects.toThrow("/dev/null cannot be run");
});

/** Neither gone nor a zombie that nobody has waited for. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, "utf8"));
}
