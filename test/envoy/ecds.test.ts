import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText } from "../support/dubbo.js";
import { ecdsFile } from "./bootstrap.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

let versions = 0;

/** A table for one cluster. No text ever comes twice: Envoy would take the plugin that it has. */
const to = (cluster: string) => ({
  virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster } }] }],
  version: String(++versions),
});
const BROKEN = {
  virtual_hosts: [
    { name: "all", services: ["*"], routes: [{ match: { attributes: [{ name: "k", regex_match: "(" }] } }] },
  ],
};

const RUNS = VERSIONS.flatMap((version) => [1, 2].map((concurrency) => ({ version, concurrency })));

describe.each(RUNS)("configuration by ECDS on $version.name with $concurrency workers", ({ version, concurrency }) => {
  const directory = mkdtempSync(join(tmpdir(), "meltemi-ecds-"));
  const file = join(directory, "ecds.json");
  let envoy: TestEnvoy;
  let v1: DubboServer;
  let v2: DubboServer;

  function push(config: object): void {
    writeFileSync(`${file}.new`, ecdsFile("dubbo", config));
    renameSync(`${file}.new`, file);
  }

  const accepted = (least: number) => envoy.waitForStat(["extension_config_discovery", "config_reload"], least);

  beforeAll(async () => {
    v1 = await DubboServer.start("v1");
    v2 = await DubboServer.start("v2");
    push(to("v1"));
    const clusters = [
      { name: "v1", ports: [v1.port] },
      { name: "v2", ports: [v2.port] },
    ];
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: { ecdsFile: file } }], clusters, concurrency);
  });

  afterAll(async () => {
    await envoy.stop();
    await v1.close();
    await v2.close();
    rmSync(directory, { recursive: true });
  });

  it("reaches connections that exist, refuses what is invalid, and keeps what was in force", async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, () => DubboClient.connect(envoy.port("dubbo"))));
    const ask = async () => {
      const answers = await Promise.all(clients.map((client) => client.call("demo.Greeter", "hello")));
      return answers.map((answer) => answerText(answer)).join(", ");
    };
    const all = (cluster: string) => clients.map(() => `${cluster} hello`).join(", ");
    expect(await ask()).toBe(all("v1"));

    push(to("v2"));
    await envoy.waitFor("all connections follow the new table", async () => (await ask()) === all("v2"));

    push(BROKEN);
    await envoy.waitForStat(["extension_config_discovery", "update_rejected"]);
    expect(await ask()).toBe(all("v2"));
    expect(envoy.log.some((line) => line.includes("virtual_hosts[0]"))).toBe(true);
    const fresh = await DubboClient.connect(envoy.port("dubbo"));
    expect(answerText(await fresh.call("demo.Greeter", "hello"))).toBe("v2 hello");
    fresh.close();

    push(to("v1"));
    await envoy.waitFor("all connections follow the next good table", async () => (await ask()) === all("v1"));
    for (const client of clients) client.close();
  });

  it("goes through many updates while calls are in flight, and loses none", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    let running = true;
    const caller = (async () => {
      let count = 0;
      while (running) {
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => client.call("demo.Greeter", `m${i}`)));
        for (const [i, answer] of answers.entries()) expect(answerText(answer)).toMatch(new RegExp(`^v[12] m${i}$`));
        count += answers.length;
      }
      return count;
    })();
    for (let i = 0; i < 10; i++) {
      const before = await accepted(0);
      push(to(i % 2 ? "v1" : "v2"));
      await accepted(before + 1);
    }
    running = false;
    expect(await caller).toBeGreaterThan(0);
    client.close();
  });
});
