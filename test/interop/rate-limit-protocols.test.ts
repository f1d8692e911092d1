import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestEnvoy, VERSIONS } from "../envoy/envoy.js";
import { SpokenClient } from "../envoy/spoken/client.js";
import { PROTOCOLS } from "../envoy/spoken/protocols.js";
import { SpokenServer } from "../envoy/spoken/server.js";
import { RateLimitService } from "./support/rate-limit-service.js";

/** By the day: it does not begin anew while the test runs, but at midnight. */
const LIMITS = `
domain: protocols
descriptors:
${PROTOCOLS.map(({ protocol }) => `  - { key: protocol, value: ${protocol}, rate_limit: { unit: day, requests_per_unit: 2 } }`).join("\n")}
`;

const [version] = VERSIONS as [(typeof VERSIONS)[number]];

describe(`the rate limit service of envoyproxy, asked about each protocol's calls by ${version.name}`, () => {
  let service: RateLimitService;
  let envoy: TestEnvoy;
  const servers: SpokenServer[] = [];

  beforeAll(async () => {
    service = await RateLimitService.start(LIMITS);
    const clusters = [{ name: "limits", ports: [service.port], http2: true }];
    for (const spoken of PROTOCOLS) {
      const server = await SpokenServer.start(spoken);
      servers.push(server);
      clusters.push({ name: spoken.protocol, ports: [server.port], http2: false });
    }
    const listeners = PROTOCOLS.map((spoken) => {
      const descriptors = [{ entries: [{ key: "protocol", value: spoken.protocol }] }];
      const global_rate_limit = { cluster: "limits", domain: "protocols", timeout_ms: 5_000, descriptors };
      const routes = [{ route: { cluster: spoken.protocol }, policy: { global_rate_limit } }];
      const config = { ...spoken.table, virtual_hosts: [{ name: "all", services: ["*"], routes }] };
      return { name: spoken.protocol, protocol: spoken.protocol, config };
    });
    envoy = await TestEnvoy.start(version, listeners, clusters, 1);
  });

  afterAll(async () => {
    await envoy.stop();
    for (const server of servers) await server.close();
    await service.stop();
  });

  it.each(PROTOCOLS)("$protocol: two calls go on, the third gets the protocol's error", async (spoken) => {
    const client = await SpokenClient.connect(spoken, envoy.port(spoken.protocol));
    const answers = await Promise.all(client.call("limited", [{}, {}, {}]));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(2);
    const refused = answers.find(({ ok }) => !ok);
    expect(refused?.status).toBe(spoken.codes.rate_limited);
    expect(refused?.text).toContain("more calls than the global rate limit of all allows");
    // The connection is as good as before.
    expect((await Promise.all(client.call("limited", [{}])))[0]?.status).toBe(spoken.codes.rate_limited);
    expect(client.unexpected).toEqual([]);
    client.close();
  });
});
