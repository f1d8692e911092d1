import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import { MAIN, meltemi, Running, runToEnd } from "./support/meltemi.js";
import { startProvider } from "./support/provider.js";

const log = createLogger({ level: "silent" });

it.each([
  ["inline", "delta"],
  ["local", "sotw"],
])("meltemi adapter serves an Envoy with a printed bootstrap: --wasm %s, --mode %s", async (wasm, mode) => {
  const provider = await startProvider("v1", 0);
  const config = mkdtempSync(join(tmpdir(), "meltemi-adapter-"));
  cpSync("envoy-config/demo", config, { recursive: true });
  const service = join(config, "service.yaml");
  writeFileSync(service, readFileSync(service, "utf8").replace("20881", String(provider.port)));
  const loopback = "127.0.0.1:0";
  const args = [
    "adapter",
    "--config",
    config,
    "--xds",
    loopback,
    "--http",
    loopback,
    "--admin",
    loopback,
    "--listen",
    `dubbo=${loopback}`,
  ];
  const adapter = Running.start([MAIN, ...args, "--wasm", wasm, "--log-format", "json"]);
  const [, xds = "", http = ""] = (await adapter.firstLine()).match(/^ready xds=(\S+) http=(\S+) admin=\S+$/) ?? [];
  expect((await fetch(`${http}/readyz`)).status).toBe(200);

  const printed = await meltemi("bootstrap", "--node", "n1", "--xds", xds, "--admin", loopback, "--mode", mode);
  const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
  const envoy = await EnvoyProcess.start({ path, bootstrap: JSON.parse(printed.stdout), concurrency: 1, log });
  try {
    const [admin] = await Promise.all([envoy.ready(), adapter.logged("node is up to date", 1)]);
    const [, address = ""] = (await (await fetch(`http://${admin}/listeners`)).text()).trim().split("::");
    const call = () => runToEnd(process.execPath, ["dist/adapter/demo/call.js", address]);
    expect(await call()).toMatchObject({ status: 0, stdout: "getReviews(book-1) answered by v1\n" });

    adapter.kill("SIGTERM");
    expect(await adapter.closed, adapter.stderr).toBe(0);
    expect(await call(), "Envoy goes on with what it has").toMatchObject({ status: 0 });
  } finally {
    await envoy.stop();
    await provider.stop();
    rmSync(config, { recursive: true });
  }
});
