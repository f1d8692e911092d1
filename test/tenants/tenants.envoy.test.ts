import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";

const SERVICE = "demo.ReviewService";
const TENANTS = ["foo", "bar"] as const;
/** Of a tenant's changes, with and without a flood by the other one. */
const SAMPLES = 20;
/** A loaded machine may take long; a queue behind a flood of a minute would take longer. */
const MOST_MS = 5_000;

type Tenant = (typeof TENANTS)[number];

const log = createLogger({ level: "silent" });
let directory: string;
let adapter: Running;
let admin: string;
let servers: Map<string, DubboServer>;
let envoys: Map<Tenant, { readonly envoy: EnvoyProcess; readonly admin: string; readonly client: DubboClient }>;

/** The same names in both namespaces; each has a canary for one of its own users. */
function resources(tenant: Tenant, { stable = "v1", mark = "none" } = {}): string {
  const endpoints = ["v1", "v2"].map((version) => {
    const { port } = servers.get(`${tenant}-${version}`) as DubboServer;
    return `    - { address: 127.0.0.1, ports: { dubbo: ${port} }, labels: { version: ${version} } }`;
  });
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: ${tenant} }
spec:
  hosts: [reviews]
  ports: [{ number: 20880, name: dubbo }]
  resolution: STATIC
  endpoints:
${endpoints.join("\n")}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: ${tenant} }
spec:
  host: reviews
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: reviews, namespace: ${tenant} }
spec:
  hosts: [${SERVICE}]
  routes:
    - match: [{ attributes: { user: { exact: tester-of-${tenant} } } }, { attributes: { mark: { exact: ${mark} } } }]
      route: [{ destination: { host: reviews, subset: v2 } }]
    - route: [{ destination: { host: reviews, subset: ${stable} } }]
`;
}

/** Moved into place: nobody reads a half. */
function write(tenant: Tenant, text: string): void {
  writeFileSync(join(directory, `.${tenant}`), text);
  renameSync(join(directory, `.${tenant}`), join(directory, `${tenant}.yaml`));
}

async function call(tenant: Tenant, user = "anybody"): Promise<string> {
  const { client } = envoys.get(tenant) as { client: DubboClient };
  return answerText(await client.call(SERVICE, "get", { attachments: { user } }));
}

beforeAll(async () => {
  servers = new Map();
  for (const name of TENANTS.flatMap((tenant) => [`${tenant}-v1`, `${tenant}-v2`]))
    servers.set(name, await DubboServer.start(name));
  directory = mkdtempSync(join(tmpdir(), "meltemi-tenants-"));
  for (const tenant of TENANTS) write(tenant, resources(tenant));
  const free = "127.0.0.1:0";
  const where = ["--xds", free, "--http", free, "--admin", free, "--listen", `dubbo=${free}`];
  const options = ["--tenants", "namespace", "--log-format", "json", "--log-level", "warn"];
  adapter = Running.start([MAIN, "adapter", "--config", directory, ...where, ...options]);
  const [, host = "", port = "", http = ""] =
    (await adapter.firstLine()).match(/^ready xds=(.*):(\d+) http=\S+ admin=(\S+)$/) ?? [];
  admin = http;
  envoys = new Map();
  for (const tenant of TENANTS) {
    const bootstrap = buildBootstrap({
      node: { id: `node-of-${tenant}`, cluster: "test", namespace: tenant },
      xds: { host, port: Number(port) },
      admin: { ip: "127.0.0.1", port: 0 },
      mode: "delta",
    });
    const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
    const envoy = await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log });
    const own = await envoy.ready();
    const [, listening = ""] = (await (await fetch(`http://${own}/listeners`)).text()).trim().split("::");
    const client = await DubboClient.connect(Number(listening.split(":").at(-1)));
    envoys.set(tenant, { envoy, admin: own, client });
  }
});

afterAll(async () => {
  for (const { envoy, client } of envoys.values()) {
    client.close();
    await envoy.stop();
  }
  adapter.kill("SIGTERM");
  await adapter.closed;
  for (const server of servers.values()) await server.close();
  rmSync(directory, { recursive: true });
});

/** Writes what foo has about a thousand times in a second, until it is told to end. Resolves with how often. */
function flood(): { end(): Promise<number> } {
  let goesOn = true;
  let written = 0;
  const ended = (async () => {
    for (; goesOn; await sleep(5))
      for (let i = 0; i < 5; i++) write("foo", resources("foo", { mark: `m${written++}` }));
    return written;
  })();
  return {
    end: async () => {
      goesOn = false;
      return await ended;
    },
  };
}

/** How long changes of bar take until they are in force at its Envoy, in milliseconds, sorted. */
async function latencies(): Promise<readonly number[]> {
  const found: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const stable = i % 2 === 0 ? "v2" : "v1";
    const begin_ms = performance.now();
    write("bar", resources("bar", { stable }));
    while ((await call("bar")) !== `bar-${stable} get`) await sleep(2);
    found.push(performance.now() - begin_ms);
    await sleep(50 + 20 * (i % 5));
  }
  return found.sort((a, b) => a - b);
}

function told(name: string, sorted: readonly number[]): number {
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  process.stdout.write(`a change of bar is in force, ${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`);
  return at(0.99);
}

/** Of a tenant in the adapter's metrics. */
async function metric(name: string, tenant: Tenant): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name}\\{namespace="${tenant}"\\} (\\d+)$`, "m"))?.[1]);
}

/** All that the Envoy has been told, and when, each time that it was. */
async function configOf(tenant: Tenant): Promise<readonly object[]> {
  const response = await fetch(`http://${envoys.get(tenant)?.admin}/config_dump?include_eds`);
  const { configs } = (await response.json()) as { readonly configs: readonly object[] };
  return configs.slice(1);
}

describe("two tenants with the same names", () => {
  it("each have their own service and canary", async () => {
    for (const tenant of TENANTS) {
      expect(await call(tenant)).toBe(`${tenant}-v1 get`);
      expect(await call(tenant, `tester-of-${tenant}`)).toBe(`${tenant}-v2 get`);
      expect(await call(tenant, `tester-of-${tenant === "foo" ? "bar" : "foo"}`)).toBe(`${tenant}-v1 get`);
    }
    expect(JSON.stringify(await configOf("bar"))).not.toContain("foo");
    expect(JSON.stringify(await configOf("foo"))).not.toContain("bar");
  });

  it("do not notice what the other one changes, however often", async () => {
    const before = await configOf("bar");
    const changes = await metric("meltemi_tenant_changes_total", "bar");
    const flooding = flood();
    const end_ms = performance.now() + 5_000;
    let calls = 0;
    for (; performance.now() < end_ms; calls++) {
      const user = calls % 2 === 0 ? "anybody" : "tester-of-bar";
      expect(await call("bar", user)).toBe(`bar-${calls % 2 === 0 ? "v1" : "v2"} get`);
    }
    const written = await flooding.end();
    process.stdout.write(`${written} changes of foo in 5 s, ${calls} calls of bar\n`);
    expect(calls).toBeGreaterThan(100);
    expect(await configOf("bar")).toEqual(before);
    expect(await metric("meltemi_tenant_changes_total", "bar")).toBe(changes);
    // The newest is in force in the end.
    const last = `m${written - 1}`;
    await expect.poll(async () => JSON.stringify(await configOf("foo")), { timeout: MOST_MS }).toContain(last);
  });

  it("have their changes in force in a bounded time while the other one changes without end", async () => {
    told("alone", await latencies());
    const changes = await metric("meltemi_tenant_changes_total", "foo");
    const begin_ms = performance.now();
    const flooding = flood();
    const most_ms = told("under a flood of foo", await latencies());
    const written = await flooding.end();
    const seconds = (performance.now() - begin_ms) / 1000;
    const taken = (await metric("meltemi_tenant_changes_total", "foo")) - changes;
    process.stdout.write(
      `foo: ${Math.round(written / seconds)} changes in a second, ${(taken / seconds).toFixed(1)} taken\n`,
    );
    expect(most_ms).toBeLessThan(MOST_MS);
    expect(taken / seconds).toBeLessThan(12);
  });
});
