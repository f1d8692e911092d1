import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { TestEnvoy, VERSIONS } from "../envoy/envoy.js";
import { answerText } from "../support/dubbo.js";
import { RateLimitService } from "./support/rate-limit-service.js";

const OK = 20;
const EXHAUSTED = 100;

/** By the day: none of them begins anew while the test runs, but at midnight. */
const LIMITS = `
domain: shop
descriptors:
  - key: user
    rate_limit: { unit: day, requests_per_unit: 100 }
  - key: method
    value: rare
    rate_limit: { unit: day, requests_per_unit: 5 }
`;

function limit(more: object, ...descriptors: readonly object[]) {
  return { cluster: "limits", domain: "shop", timeout_ms: 2_000, descriptors, ...more };
}

function route(method: string, global_rate_limit: object) {
  const match = { attributes: [{ name: "method", exact_match: method }] };
  return { match, route: { cluster: "v1" }, policy: { global_rate_limit } };
}

const byUser = { entries: [{ key: "user", attribute: "user" }] };
const byMethod = { entries: [{ key: "method", attribute: "method" }] };

const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        route("strict", limit({ failure_mode_deny: true }, byUser)),
        route("rare", limit({}, byUser, byMethod)),
        route("gone", { ...limit({ failure_mode_deny: true }, byUser), cluster: "nowhere" }),
        { route: { cluster: "v1" }, policy: { global_rate_limit: limit({}, byUser) } },
      ],
    },
  ],
};

describe.each(VERSIONS)("the rate limit service of envoyproxy, asked by $name", (version) => {
  let service: RateLimitService;
  let server: DubboServer;
  let envoy: TestEnvoy;
  let clients: DubboClient[];

  beforeAll(async () => {
    service = await RateLimitService.start(LIMITS);
    server = await DubboServer.start("v1");
    const clusters = [
      { name: "v1", ports: [server.port] },
      { name: "limits", ports: [service.port], http2: true },
    ];
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, 2);
    clients = await Promise.all(Array.from({ length: 10 }, () => DubboClient.connect(envoy.port("dubbo"))));
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await envoy.stop();
    await server.close();
    await service.stop();
  });

  const call = async (client: DubboClient | undefined, method: string, user: string) =>
    (await client?.call("a.B", method, { attachments: { user } })) ?? expect.fail("no client");

  it("lets through as many calls as it says, whoever makes them, and asks about many at once", async () => {
    // Ten on each connection at a time.
    const lanes = clients.flatMap((client) => Array.from({ length: 10 }, () => client));
    const rounds = lanes.map(async (client) => {
      const statuses: number[] = [];
      for (let i = 0; i < 3; i++) statuses.push((await call(client, "get", "jason")).status ?? 0);
      return statuses;
    });
    const statuses = (await Promise.all(rounds)).flat();
    const passed = statuses.filter((status) => status === OK).length;
    expect(statuses.filter((status) => status === EXHAUSTED)).toHaveLength(300 - passed);
    expect(passed).toBeLessThanOrEqual(100);
    // An answer is for all calls of a request, an eighth of what was left when that worker asked last. Where the other one takes what was left
    // meanwhile, it says no to all of them, and once it has said no nobody asks for a while: twice an eighth may be lost.
    expect(passed).toBeGreaterThanOrEqual(75);
    await envoy.waitForStat(["meltemi_rate_limit_total", "kind=global", "result=allowed"], passed);
    const requests = await envoy.waitForStat(["meltemi_rate_limit_requests_total"], 1);
    expect(requests).toBeLessThan(300);
  });

  it("limits a call by any of its descriptors, and says so", async () => {
    const [client] = clients;
    for (let i = 0; i < 5; i++) expect((await call(client, "rare", "jane")).status).toBe(OK);
    const refused = await call(client, "rare", "jill");
    expect(refused.status).toBe(EXHAUSTED);
    expect(answerText(refused)).toContain("more calls than the global rate limit of all allows");
    expect((await call(client, "get", "jane")).status).toBe(OK);
  });

  it("keeps calls back where it is not there, if they are not to go on then", async () => {
    const refused = await call(clients[0], "gone", "jane");
    expect(refused.status).toBe(EXHAUSTED);
    expect(answerText(refused)).toContain("no answer of the rate limit service of all");
  });

  it("lets calls go on once it has gone, or keeps them back, as the route says", async () => {
    expect((await call(clients[1], "strict", "joe")).status).toBe(OK);
    await service.stop();
    expect((await call(clients[1], "strict", "joe")).status).toBe(EXHAUSTED);
    expect((await call(clients[1], "get", "joe")).status).toBe(OK);
    await envoy.waitForStat(["meltemi_rate_limit_total", "kind=global", "result=failed"], 3);
  });
});
