import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Provider } from "../../adapter/demo/provider.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { VERSIONS } from "../envoy/envoy.js";
import { answerText } from "../support/dubbo.js";
import { MAIN, Running, runToEnd } from "./support/meltemi.js";
import { startProvider } from "./support/provider.js";

const envoy = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
let config: string;
let temporary: string;
let providers: Provider[];

beforeEach(async () => {
  config = mkdtempSync(join(tmpdir(), "meltemi-up-"));
  temporary = mkdtempSync(join(tmpdir(), "meltemi-up-"));
  cpSync("envoy-config/demo", config, { recursive: true });
  providers = await Promise.all(["v1", "v2"].map((version) => startProvider(version, 0)));
  for (const { version, port } of providers) edit("service.yaml", version === "v1" ? "20881" : "20882", String(port));
});

afterEach(async () => {
  await Promise.all(providers.map((provider) => provider.stop()));
  rmSync(config, { recursive: true });
  rmSync(temporary, { recursive: true });
});

function edit(name: string, from: string, to: string): void {
  const file = join(config, name);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
}

function up(path: string, ...args: readonly string[]): Running {
  const env = { ...process.env, TMPDIR: temporary };
  return Running.start(
    [MAIN, "up", "--config", config, "--envoy", path, "--listen", "dubbo=127.0.0.1:0", ...args],
    env,
  );
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

/** The addresses in the ready line, by name. */
function addresses(line: string): Record<string, string> {
  const [ready, ...pairs] = line.split(" ");
  expect(ready).toBe("ready");
  return Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
}

async function call(address: string, ...attachments: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runToEnd(process.execPath, ["dist/adapter/demo/call.js", address, ...attachments]);
  return stdout.trim() || stderr;
}

function isListening(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

describe("meltemi up", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("routes calls from the line `ready` on, and %s ends both", async (signal) => {
    const running = up(envoy);
    const line = await running.firstLine();
    const { outbound_dubbo_0: dubbo = "", admin = "", xds = "", http = "" } = addresses(line);
    expect(await call(dubbo)).toBe("getReviews(book-1) answered by v1");
    expect(await call(dubbo, "user=jason")).toBe("getReviews(book-1) answered by v2");
    expect((await fetch(`${http}/readyz`)).status).toBe(200);

    running.kill(signal);
    expect(await running.closed, running.stderr).toBe(0);
    expect(running.lines).toEqual([line]);
    for (const address of [dubbo, admin.slice("http://".length), xds, http.slice("http://".length)]) {
      expect(await isListening(address), address).toBe(false);
    }
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("follows the directory: a changed route takes effect, a bad one leaves the last good one in force", async () => {
    const running = up(envoy, "--log-format", "json");
    const { outbound_dubbo_0: dubbo = "" } = addresses(await running.firstLine());
    expect(await call(dubbo, "user=anna")).toBe("getReviews(book-1) answered by v1");

    edit("routes.yaml", "exact: jason", "exact: anna");
    await running.logged("node is up to date", 2);
    expect(await call(dubbo, "user=anna")).toBe("getReviews(book-1) answered by v2");

    edit("routes.yaml", "exact: anna", "exakt: anna");
    await running.logged("last good version stays in force", 1);
    expect(await call(dubbo, "user=anna")).toBe("getReviews(book-1) answered by v2");

    running.kill("SIGINT");
    expect(await running.closed).toBe(0);
  });

  describe.each(VERSIONS)("told to end ($name)", ({ path }) => {
    /** A provider in place of v1 that answers when it is told to. */
    async function withCallInFlight(
      args: readonly string[],
      test: (running: Running, dubbo: string, answer: Promise<string>, release: () => void) => Promise<void>,
    ): Promise<void> {
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const provider = await DubboServer.start("v1", async (call, socket) => {
        await released;
        provider.answer(call, socket);
      });
      edit("service.yaml", String(providers[0]?.port), String(provider.port));
      const running = up(path, ...args);
      const { outbound_dubbo_0: dubbo = "" } = addresses(await running.firstLine());
      const client = await DubboClient.connect(Number(dubbo.split(":")[1]));
      const answer = client.call("demo.ReviewService", "getReviews").then(answerText, (error: Error) => error.message);
      await until(async () => provider.calls.length === 1);
      await test(running, dubbo, answer, release);
      client.close();
      await provider.close();
    }

    it("takes no more connections, and lets a call in flight have its answer", async () => {
      await withCallInFlight(["--drain-time", "1m"], async (running, dubbo, answer, release) => {
        running.kill("SIGTERM");
        await until(async () => !(await isListening(dubbo)));
        release();
        expect(await answer).toBe("v1 getReviews");
        // Not after the drain time, but as soon as nothing is under way any more.
        expect(await running.closed, running.stderr).toBe(0);
        expect(running.stderr).not.toContain("connections are cut");
      });
    });

    it("waits no longer than it is allowed to", async () => {
      await withCallInFlight(["--drain-time", "500ms"], async (running, _, answer) => {
        running.kill("SIGTERM");
        expect(await running.closed, running.stderr).toBe(0);
        expect(running.stderr).toContain("connections are cut: the drain time is over");
        expect(await answer).toContain("closed");
      });
    });

    it("and told again ends at once", async () => {
      await withCallInFlight(["--drain-time", "1h"], async (running, dubbo, answer) => {
        running.kill("SIGTERM");
        await until(async () => !(await isListening(dubbo)));
        running.kill("SIGTERM");
        expect(await running.closed).toBeNull();
        expect(await answer).toContain("closed");
      });
      // Nobody is there to clean up.
      for (const left of readdirSync(temporary)) rmSync(join(temporary, left), { recursive: true });
    });
  });

  it("fails, and says so, when Envoy ends by itself", async () => {
    const running = up(envoy);
    const { admin = "" } = addresses(await running.firstLine());
    await fetch(`${admin}/quitquitquit`, { method: "POST" });
    expect(await running.closed).toBe(3);
    expect(running.stderr).toContain("error: Envoy ended with status 0");
  });

  it("fails, and says so, when an address is taken", async () => {
    const taken = `127.0.0.1:${providers[0]?.port}`;
    const running = Running.start([MAIN, "up", "--config", config, "--envoy", envoy, "--listen", `dubbo=${taken}`]);
    expect(await running.closed).toBe(3);
    expect(running.stderr).toMatch(new RegExp(`error: .*${taken}`));
    expect(running.lines).toEqual([]);
  });

  it("ends in order when it is told to before it is ready", async () => {
    const running = up(envoy, "--log-format", "json");
    await running.logged("running the Envoy", 1);
    running.kill("SIGINT");
    expect(await running.closed, running.stderr).toBe(0);
    expect(running.lines).toEqual([]);
  });
});
