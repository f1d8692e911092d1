import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callHead } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const ALWAYS = 1_000_000;

function when(method: string, policy: object) {
  return { match: { attributes: [{ name: "method", exact_match: method }] }, route: { cluster: "v1" }, policy };
}

const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["a.B"],
      routes: [
        when("late", { timeout_ms: 50 }),
        when("aborted", { abort: { per_million: ALWAYS } }),
        when("delayed", { delay: { per_million: ALWAYS, fixed_ms: 20 } }),
        when("limited", { rate_limit: { max_tokens: 1, tokens_per_fill: 1, fill_interval_ms: 3_600_000 } }),
        when("plain", {}),
      ],
    },
  ],
};

/** What the documentation says of Envoy's access log (docs/govern-calls.md). */
const FORMAT = "flags=%FILTER_STATE(wasm.meltemi.flags:PLAIN)%";

describe.each(VERSIONS)("the access log of a connection on $name", (version) => {
  const directory = mkdtempSync(join(tmpdir(), "meltemi-access-log-"));
  const path = join(directory, "access.log");
  let envoy: TestEnvoy;
  let server: DubboServer;

  beforeAll(async () => {
    server = await DubboServer.start("v1", (call, socket) => {
      if (callHead(call).method !== "late") server.answer(call, socket);
    });
    const listener = { name: "dubbo", config: CONFIG, accessLog: { path, format: FORMAT } };
    envoy = await TestEnvoy.start(version, [listener], [{ name: "v1", ports: [server.port] }], 1);
  });

  afterAll(async () => {
    await envoy.stop();
    await server.close();
    rmSync(directory, { recursive: true });
  });

  it("has the response flags of what was done to its calls, each once", async () => {
    const busy = await DubboClient.connect(envoy.port("dubbo"));
    for (const method of ["late", "aborted", "delayed", "limited", "limited", "limited", "missing"]) {
      await busy.call("a.B", method);
    }
    const plain = await DubboClient.connect(envoy.port("dubbo"));
    await plain.call("a.B", "plain");
    busy.close();
    await envoy.waitFor("a line of the busy connection", () => lines().length === 1);
    plain.close();
    await envoy.waitFor("a line of the other one", () => lines().length === 2);
    expect(lines()).toEqual(["flags=NR,UT,RL,FI,DI", "flags=-"]);
  });

  function lines(): string[] {
    // Envoy writes what it has from time to time.
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").filter(Boolean) : [];
  }
});
