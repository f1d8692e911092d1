import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestEnvoy, VERSIONS } from "./envoy.js";
import { SpokenClient } from "./spoken/client.js";
import { PROTOCOLS } from "./spoken/protocols.js";
import { SpokenServer } from "./spoken/server.js";
import type { Spoken } from "./spoken/spoken.js";

const NAMES = ["a", "b", "c"] as const;
type Weights = Readonly<Record<(typeof NAMES)[number], number>>;

/** What listeners of these names weigh. `after` is what `before` becomes, `other` the same in another order. */
const WEIGHTS: Readonly<Record<string, Weights>> = {
  before: { a: 70, b: 25, c: 5 },
  after: { a: 60, b: 35, c: 5 },
  without: { a: 70, b: 30, c: 0 },
  other: { c: 5, b: 25, a: 70 },
};
const CALLS = 6_000;
const USERS = Array.from({ length: 3_000 }, (_, i) => `user-${i}`);
/** As many as are made at a time. */
const AT_A_TIME = 200;

const total = (weights: Weights) => NAMES.reduce((sum, name) => sum + weights[name], 0);

/** Five standard deviations of a share of so many: one of 1.7 million goes beyond them by chance. Which user is where is no chance: names decide. */
function expectShare(found: number, count: number, share: number): void {
  const most = 5 * Math.sqrt((share * (1 - share)) / count);
  expect(Math.abs(found / count - share), `${found} of ${count} where ${share} is due`).toBeLessThanOrEqual(most);
}

/**
 * The share of values that change their destination with the weights. Times are drawn with the exponential distribution, and whoever has the
 * shortest keeps a value if it has it with both weights.
 */
function shareMoved(before: Weights, after: Weights): number {
  const kept = NAMES.filter((name) => before[name] > 0 && after[name] > 0).map((name) => {
    const rivals = NAMES.filter((other) => other !== name);
    const ratios = rivals.map((other) => Math.max(before[other] / before[name], after[other] / after[name]));
    return 1 / (1 + ratios.reduce((sum, ratio) => sum + ratio, 0));
  });
  return 1 - kept.reduce((sum, share) => sum + share, 0);
}

const RUNS = VERSIONS.flatMap((version) =>
  PROTOCOLS.filter(({ protocol }) => ["dubbo", "thrift"].includes(protocol)).map((spoken) => ({
    version,
    spoken,
    title: `${spoken.protocol} on ${version.name}`,
  })),
);

describe.each(RUNS)("weights, $title", ({ version, spoken }) => {
  let envoy: TestEnvoy;
  let servers: SpokenServer[];

  beforeAll(async () => {
    servers = await Promise.all(NAMES.map(() => SpokenServer.start(spoken)));
    const clusters = NAMES.map((name, i) => ({ name, ports: [(servers[i] as SpokenServer).port] }));
    const listeners = Object.entries(WEIGHTS).map(([name, weights]) => ({
      name,
      protocol: spoken.protocol,
      config: tableOf(spoken, weights),
    }));
    envoy = await TestEnvoy.start(version, listeners, clusters, 2);
  });

  afterAll(async () => {
    await envoy.stop();
    for (const server of servers) await server.close();
  });

  /** Where the calls of the method went: the number of each server. */
  const countsOf = (method: string) => servers.map((server) => server.of(method).length);

  async function call(listener: string, method: string, attributes: readonly Readonly<Record<string, string>>[]) {
    const client = await SpokenClient.connect(spoken, envoy.port(listener));
    for (let at = 0; at < attributes.length; at += AT_A_TIME) {
      const answers = await Promise.all(client.call(method, attributes.slice(at, at + AT_A_TIME)));
      expect(answers.every(({ ok }) => ok)).toBe(true);
    }
    client.close();
  }

  /** The server of each user. */
  async function homes(listener: string): Promise<readonly number[]> {
    const client = await SpokenClient.connect(spoken, envoy.port(listener));
    const found = new Map<string, number>();
    const before = servers.map((server) => server.calls.length);
    for (let at = 0; at < USERS.length; at += AT_A_TIME) {
      await Promise.all(
        client.call(
          "sticky",
          USERS.slice(at, at + AT_A_TIME).map((user) => ({ user })),
        ),
      );
    }
    client.close();
    servers.forEach((server, number) => {
      for (const { bytes } of server.calls.slice(before[number])) {
        const [user = ""] = /user-\d+/.exec(Buffer.from(bytes).toString("latin1")) ?? [];
        found.set(user, number);
      }
    });
    return USERS.map((user) => found.get(user) ?? -1);
  }

  it("are the shares of calls, drawn for each", async () => {
    await call(
      "before",
      "split",
      Array.from({ length: CALLS }, () => ({})),
    );
    const weights = WEIGHTS.before as Weights;
    countsOf("split").forEach((count, i) => {
      expectShare(count, CALLS, weights[NAMES[i] as keyof Weights] / total(weights));
    });
  });

  it("are the shares of users, each of whom has all of their calls at one destination", async () => {
    const [first, again, other] = [await homes("before"), await homes("before"), await homes("other")];
    expect(again).toEqual(first);
    expect(other).toEqual(first);
    const weights = WEIGHTS.before as Weights;
    NAMES.forEach((name, number) => {
      expectShare(first.filter((home) => home === number).length, USERS.length, weights[name] / total(weights));
    });
  });

  it("move as few users as they have to when they change, and none away from what has grown", async () => {
    const [before, after] = [await homes("before"), await homes("after")];
    const moved = USERS.map((_, i) => [before[i], after[i]]).filter(([from, to]) => from !== to);
    expectShare(moved.length, USERS.length, shareMoved(WEIGHTS.before as Weights, WEIGHTS.after as Weights));
    // The weight of a shrinks, that of b grows: nobody comes to a, nobody leaves b.
    expect(moved.filter(([from, to]) => to === 0 || from === 1)).toEqual([]);
  });

  it("move only the users of a destination that is no longer there, and those whom the others' weights move", async () => {
    const [before, without] = [await homes("before"), await homes("without")];
    const moved = USERS.map((_, i) => [before[i], without[i]]).filter(([from, to]) => from !== to);
    expectShare(moved.length, USERS.length, shareMoved(WEIGHTS.before as Weights, WEIGHTS.without as Weights));
    expect(without.filter((home) => home === 2)).toEqual([]);
    // The weight of b grows, that of a stays.
    expect(moved.filter(([from]) => from === 1)).toEqual([]);
  });

  it("are drawn where a call has no such value", async () => {
    await call(
      "before",
      "sticky",
      Array.from({ length: CALLS }, () => ({ nobody: "here" })),
    );
    const weights = WEIGHTS.before as Weights;
    const counts = servers.map((server) => server.of("sticky").filter(isNobodys).length);
    counts.forEach((count, i) => {
      expectShare(count, CALLS, weights[NAMES[i] as keyof Weights] / total(weights));
    });
  });
});

function isNobodys({ bytes }: { readonly bytes: Uint8Array }): boolean {
  return Buffer.from(bytes).includes("nobody");
}

function tableOf(spoken: Spoken, weights: Weights): object {
  const clusters = Object.entries(weights).map(([name, weight]) => ({ name, weight }));
  const routes = ["split", "sticky"].map((method) => ({
    match: { attributes: [spoken.match(method)] },
    route: { weighted_clusters: { clusters } },
    ...(method === "sticky" && { policy: { sticky: { attribute: "user" } } }),
  }));
  return { ...spoken.table, virtual_hosts: [{ name: "all", services: ["*"], routes }] };
}
