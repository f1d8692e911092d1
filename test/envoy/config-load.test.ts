import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText } from "../support/dubbo.js";
import { ecdsFile } from "./bootstrap.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const CHANGES = 300;
const CHANGE_EVERY_MS = 10;
const CONNECTIONS = 4;
const IN_FLIGHT = 8;
/** Tables are small and each is freed by the next: what grows with their number is a leak. */
const MOST_GROWTH_BYTES = 16 << 20;

/** jason goes to one version after the other, everybody else always to v3. */
function table(generation: number): object {
  const jason = { attributes: [{ name: "user", exact_match: "jason" }] };
  return {
    version: String(generation),
    virtual_hosts: [
      {
        name: "all",
        services: ["*"],
        routes: [
          { match: jason, route: { cluster: generation % 2 === 0 ? "v1" : "v2" } },
          { route: { cluster: "v3" } },
        ],
      },
    ],
  };
}

describe.each(VERSIONS.flatMap((version) => [1, 2].map((workers) => ({ ...version, workers }))))(
  "a hundred route changes a second under load, $name, $workers workers",
  (version) => {
    const directory = mkdtempSync(join(tmpdir(), "meltemi-config-load-"));
    const file = join(directory, "ecds.json");
    let envoy: TestEnvoy;
    let servers: DubboServer[];
    let generation = 0;

    const change = (): void => {
      writeFileSync(`${file}.new`, ecdsFile("dubbo", table(generation++)));
      renameSync(`${file}.new`, file);
    };

    beforeAll(async () => {
      servers = await Promise.all(["v1", "v2", "v3"].map((name) => DubboServer.start(name)));
      change();
      const clusters = servers.map(({ name, port }) => ({ name, ports: [port] }));
      const listeners = [{ name: "dubbo", config: { ecdsFile: file } }];
      envoy = await TestEnvoy.start(version, listeners, clusters, version.workers);
    });

    afterAll(async () => {
      await envoy.stop();
      for (const server of servers) await server.close();
      rmSync(directory, { recursive: true });
    });

    it("loses no call, sends none elsewhere than the tables say, and keeps no table", async () => {
      let over = false;
      let calls = 0;
      const answered = new Set<string>();
      const lane = async (client: DubboClient): Promise<void> => {
        while (!over) {
          const jason = calls++ % 2 === 0;
          const answer = await client.call("demo.S", "hello", { attachments: { user: jason ? "jason" : "anna" } });
          expect(answerText(answer)).toMatch(jason ? /^v[12] hello$/ : /^v3 hello$/);
          answered.add(answerText(answer));
        }
      };
      const clients = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => DubboClient.connect(envoy.port("dubbo"))),
      );
      const lanes = clients.flatMap((client) => Array.from({ length: IN_FLIGHT }, () => lane(client)));
      let half_bytes = 0;
      for (let i = 0; i < CHANGES; i++) {
        change();
        if (i === CHANGES / 2) half_bytes = envoy.memory_bytes;
        await sleep(CHANGE_EVERY_MS);
      }
      over = true;
      await Promise.all(lanes);
      expect(envoy.memory_bytes - half_bytes).toBeLessThan(MOST_GROWTH_BYTES);
      expect([...answered].sort()).toEqual(["v1 hello", "v2 hello", "v3 hello"]);

      // The last table is in force on all workers, for connections of before too.
      const last = `v${generation % 2 === 0 ? 2 : 1} hello`;
      const now = async (client: DubboClient) =>
        answerText(await client.call("demo.S", "hello", { attachments: { user: "jason" } }));
      for (const client of clients) await envoy.waitFor("the last table", async () => (await now(client)) === last);
      for (const client of clients) {
        expect(client.unexpected).toHaveLength(0);
        client.close();
      }
      await envoy.waitForStat(["config_updates_total", "result=accepted"], CHANGES / 10);
    });
  },
);
