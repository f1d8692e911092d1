import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { RateLimitService } from "./support/rate-limit-service.js";

const page = readFileSync("docs/limit-calls.md", "utf8");
const FILE = /^`([\w./-]+\.yaml)`:\n\n```yaml\n([\s\S]*?)^```$/gm;
const LIMITS = /^```yaml\n(domain: shop\n[\s\S]*?)^```$/m;

const OK = 20;
const EXHAUSTED = 100;

describe("docs/limit-calls.md, with the service that it speaks of", () => {
  let directory: string;
  let orders: DubboServer;
  let limits: RateLimitService;
  let running: Running;
  let client: DubboClient;

  beforeAll(async () => {
    orders = await DubboServer.start("orders");
    limits = await RateLimitService.start(LIMITS.exec(page)?.[1] ?? "");
    directory = mkdtempSync(join(tmpdir(), "meltemi-limit-"));
    mkdirSync(join(directory, "config"));
    for (const [, name = "", text = ""] of page.matchAll(FILE)) {
      const here = text.replaceAll("20880", String(orders.port)).replaceAll("8081", String(limits.port));
      // A machine that others use is not so quick.
      writeFileSync(join(directory, name), here.replace("domain: shop", "domain: shop\n    timeout: 5s"));
    }
    const where = ["--config", join(directory, "config"), "--envoy", process.env.MELTEMI_TEST_ENVOY_1_40 as string];
    running = Running.start([MAIN, "up", ...where, "--listen", "dubbo=127.0.0.1:0"]);
    const line = await running.firstLine();
    client = await DubboClient.connect(Number(/ outbound_dubbo\S*=127\.0\.0\.1:(\d+)/.exec(line)?.[1]));
  });

  afterAll(async () => {
    client?.close();
    running.kill("SIGTERM");
    await running.closed;
    await orders.close();
    await limits.stop();
    rmSync(directory, { recursive: true });
  });

  async function statuses(service: string, method: string, count: number, user: string): Promise<readonly number[]> {
    const found: number[] = [];
    for (let i = 0; i < count; i++) {
      found.push((await client.call(service, method, { attachments: { user } })).status ?? 0);
    }
    return found;
  }

  it("asks the service, which counts ten calls a minute for each user", async () => {
    for (const user of ["jason", "jane"]) {
      const found = await statuses("demo.Stock", "take", 25, user);
      const passed = found.filter((status) => status === OK).length;
      // Where a minute begins meanwhile there are ten more.
      expect([10, 20]).toContain(passed);
      expect(found.filter((status) => status === EXHAUSTED)).toHaveLength(25 - passed);
    }
  });

  it("limits the calls of a route to what is in its bucket", async () => {
    const calls = Array.from({ length: 300 }, () => client.call("demo.Orders", "place"));
    const passed = (await Promise.all(calls)).filter(({ status }) => status === OK).length;
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThan(300);
  });
});
