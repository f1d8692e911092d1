import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestCluster } from "./bootstrap.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";
import { SpokenClient } from "./spoken/client.js";
import { FEATURES, type Feature, type Outcome } from "./spoken/features.js";
import { PROTOCOLS } from "./spoken/protocols.js";
import { SpokenServer } from "./spoken/server.js";
import type { Spoken, SpokenAnswer } from "./spoken/spoken.js";

/** Every protocol, every feature, what becomes of the calls. A new feature is an entry of FEATURES; a new protocol one of PROTOCOLS. */
const RUNS = VERSIONS.map((version) => ({ version }));
const featuresOf = (spoken: Spoken) => FEATURES.filter(({ lacks }) => !lacks?.(spoken));

function tableOf(spoken: Spoken): object {
  const routes = featuresOf(spoken).map(({ name, route = { cluster: "main" }, policy }) => ({
    name,
    match: { attributes: [spoken.match(name)] },
    route: ownClusters(spoken, route),
    ...(policy && { policy: ownClusters(spoken, policy(spoken)) }),
  }));
  const policies = [
    { name: "denied", action: "DENY" },
    { name: "audited", action: "AUDIT" },
  ].map(({ name, action }) => {
    const { name: attribute, exact_match } = spoken.match(name);
    return { name, action, rules: [{ conditions: [{ attribute, values: [exact_match] }] }] };
  });
  return {
    ...spoken.table,
    virtual_hosts: [{ name: "all", services: ["*"], routes }],
    clusters: [{ name: `${spoken.protocol}-ring`, consistent_hash: { attribute: spoken.valueAttribute } }],
    authorization: { policies },
  };
}

/** The upstreams of a protocol have names of their own. */
function ownClusters(spoken: Spoken, part: object): object {
  return JSON.parse(
    JSON.stringify(part).replaceAll(/"(main|other|ring|gone)"/g, (_, name) =>
      JSON.stringify(`${spoken.protocol}-${name}`),
    ),
  );
}

describe.each(RUNS)("what routes ask for, on $version.name", ({ version }) => {
  const servers = new Map<string, SpokenServer>();
  let envoy: TestEnvoy;

  beforeAll(async () => {
    const clusters: (TestCluster & { ports: number[] })[] = [];
    for (const spoken of PROTOCOLS) {
      for (const role of ["main", "other"]) {
        const name = `${spoken.protocol}-${role}`;
        const server = await SpokenServer.start(spoken);
        servers.set(name, server);
        clusters.push({ name, ports: [server.port] });
      }
      const ports = clusters.slice(-2).flatMap((cluster) => cluster.ports);
      clusters.push({ name: `${spoken.protocol}-ring`, ports, lbPolicy: "MAGLEV" });
      const gone = await SpokenServer.start(spoken);
      clusters.push({ name: `${spoken.protocol}-gone`, ports: [gone.port] });
      await gone.close();
    }
    const listeners = PROTOCOLS.map((spoken) => ({
      name: spoken.protocol,
      protocol: spoken.protocol,
      config: tableOf(spoken),
    }));
    envoy = await TestEnvoy.start(version, listeners, clusters, 1);
  });

  afterAll(async () => {
    await envoy.stop();
    for (const server of servers.values()) await server.close();
  });

  describe.each(PROTOCOLS)("of calls of $protocol", (spoken) => {
    const expected = new Map<string, number>();

    it.each(featuresOf(spoken))("$name", async (feature) => {
      const main = servers.get(`${spoken.protocol}-main`) as SpokenServer;
      const other = servers.get(`${spoken.protocol}-other`) as SpokenServer;
      const { name, outcomes } = feature;
      const calls = feature.calls?.(spoken) ?? [{}];
      if (feature.main) main.plans.set(name, feature.main);
      const client = await SpokenClient.connect(spoken, envoy.port(spoken.protocol));
      const started_ms = performance.now();
      const answers = client.call(name, calls);
      if (feature.releaseAfter !== undefined) {
        await main.got(name, feature.releaseAfter);
        main.release(name);
      }
      const found = await Promise.all(answers);
      const took_ms = performance.now() - started_ms;
      expect(found.map(({ status, ok, text }) => ({ status, ok, text }))).toEqual(
        outcomes.map((outcome) => shown(spoken, outcome)),
      );
      main.release(name);
      await envoy.waitFor("every call to have arrived where it belongs", () => isReached(feature, main, other));
      if (feature.atLeast_ms !== undefined) expect(took_ms).toBeGreaterThan(feature.atLeast_ms);
      if (feature.carries !== undefined) {
        for (const { bytes } of main.of(name)) expect(Buffer.from(bytes).toString("latin1")).toContain(feature.carries);
      }
      note(expected, feature);
      const dropped = expected.get("meltemi_messages_dropped_total;reason=late_answer") ?? 0;
      // Answers that come too late must be there before their connection goes.
      if (feature.counts?.["meltemi_messages_dropped_total;reason=late_answer"]) {
        await envoy.waitForStat(
          ["meltemi_messages_dropped_total", `listener=${spoken.protocol}`, "reason=late_answer"],
          dropped,
        );
      }
      expect(client.unexpected).toEqual([]);
      client.close();
    });

    it("and each decision is counted", async () => {
      const counts = async () => {
        const stats = await envoy.stats();
        return [...expected.keys()].map((metric) => [metric, sumOf(stats, metric, spoken.protocol)]);
      };
      await envoy.waitFor("what is counted to have been told", async () =>
        (await counts()).every(([metric, count]) => Number(count) >= (expected.get(String(metric)) ?? 0)),
      );
      expect(Object.fromEntries(await counts())).toEqual(Object.fromEntries(expected));
    });
  });
});

/** What the client sees; of the texts of errors only that they are Meltemi's or the server's. */
function shown(spoken: Spoken, outcome: Outcome): Pick<SpokenAnswer, "status" | "ok" | "text"> {
  if (outcome === "answered") return { status: expect.any(Number), ok: true, text: "" };
  if (outcome === "failed")
    return { status: spoken.failure, ok: false, text: expect.stringContaining("does not like it") };
  if (typeof outcome === "object") return { status: outcome.status, ok: false, text: expect.any(String) };
  return { status: spoken.codes[outcome], ok: false, text: expect.stringMatching(/meltemi:|not today/) };
}

function isReached({ name, outcomes, reached }: Feature, main: SpokenServer, other: SpokenServer): boolean {
  const calls = { main: main.of(name).length, other: other.of(name).length };
  if (reached) return reached(calls);
  return calls.main === outcomes.filter((outcome) => outcome === "answered").length && calls.other === 0;
}

function note(expected: Map<string, number>, { outcomes, counts = {} }: Feature): void {
  const add = (metric: string, count: number) => expected.set(metric, (expected.get(metric) ?? 0) + count);
  for (const [metric, count] of Object.entries(counts)) add(metric, count);
  for (const outcome of outcomes) {
    const code = typeof outcome === "object" ? outcome.code : outcome;
    if (code !== "answered" && code !== "failed") add(`meltemi_replies_total;code=${code}`, 1);
  }
}

function sumOf(stats: ReadonlyMap<string, number>, metric: string, listener: string): number {
  const [name = "", ...labels] = metric.split(";");
  const wanted = [`${name};listener=${listener}`, ...labels];
  return [...stats]
    .filter(([stat]) => wanted.every((part) => stat.includes(part)))
    .reduce((sum, [, value]) => sum + value, 0);
}
