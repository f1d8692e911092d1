import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText } from "../support/dubbo.js";
import { edsFile } from "./bootstrap.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const KEYS = Array.from({ length: 400 }, (_, i) => `user-${i}`);
const BUCKETS = 256;
const POLICIES = ["RING_HASH", "MAGLEV"] as const;
const MAX_AGE_MS = 2_000;

const CONFIG = {
  virtual_hosts: POLICIES.map((policy) => ({
    name: policy,
    services: [policy],
    routes: [{ route: { cluster: policy } }],
  })),
  clusters: POLICIES.map((name) => ({
    name,
    max_tunnel_age_ms: MAX_AGE_MS,
    consistent_hash: { attribute: "user", buckets: BUCKETS },
  })),
};

/** Who answered the calls of each key. */
type Owners = ReadonlyMap<string, string>;

/**
 * A share of keys that is expected to be `share`: off by what keys and buckets are by chance, and by how unevenly Envoy's table of 1,024 points
 * or more is shared by four hosts; five standard deviations.
 */
function bounds(share: number): { least: number; most: number } {
  const variance = share * (1 - share);
  const deviation = Math.sqrt(variance / KEYS.length + variance / BUCKETS + share ** 2 / 256);
  return { least: share - 5 * deviation, most: share + 5 * deviation };
}

/**
 * Keys that move between hosts that stay, when a fourth host joins three, or leaves them. Envoy's ring has as many points however many
 * hosts there are, so that each of three has a quarter of its own less: one of eight keys finds another host at its place. Maglev's
 * table is filled anew, and is nearly the same.
 */
const MOST_ELSEWHERE = { RING_HASH: bounds(1 / 8).most, MAGLEV: 0.1 };

const RUNS = VERSIONS.flatMap((version) => POLICIES.map((policy) => ({ version, policy })));

describe.each(RUNS)("a consistent hash by an attribute, $policy on $version.name", ({ version, policy }) => {
  const directory = mkdtempSync(join(tmpdir(), "meltemi-hash-"));
  let envoy: TestEnvoy;
  let servers: DubboServer[];
  let clients: DubboClient[];
  let owners: Owners;

  function setHosts(names: string): void {
    const ports = servers.filter(({ name }) => names.includes(name)).map(({ port }) => port);
    for (const cluster of POLICIES) {
      writeFileSync(join(directory, "new"), edsFile(cluster, ports));
      renameSync(join(directory, "new"), join(directory, cluster));
    }
  }

  /** Every client calls with every key. Undefined: they disagree about a key. */
  async function ask(): Promise<Owners | undefined> {
    const all = await Promise.all(clients.map(askOne));
    const [first] = all;
    const agree = all.every((other) => KEYS.every((key) => other.get(key) === first?.get(key)));
    return agree ? first : undefined;
  }

  async function askOne(client: DubboClient): Promise<Owners> {
    const found = new Map<string, string>();
    const one = async (user: string) => {
      const answer = await client.call(policy, "get", { attachments: { user } });
      expect(answer.status, answerText(answer)).toBe(20);
      found.set(user, answerText(answer).slice(0, 1));
    };
    // Enough at a time that more buckets are asked for than tunnels may be opened at once.
    for (let at = 0; at < KEYS.length; at += 50) await Promise.all(KEYS.slice(at, at + 50).map(one));
    return found;
  }

  const shareOf = (found: Owners, name: string) =>
    [...found.values()].filter((owner) => owner === name).length / KEYS.length;
  const moved = (found: Owners) => KEYS.filter((key) => found.get(key) !== owners.get(key));

  beforeAll(async () => {
    servers = await Promise.all(["a", "b", "c", "d"].map((name) => DubboServer.start(name)));
    setHosts("abc");
    const clusters = POLICIES.map((name) => ({
      name,
      ports: { edsFile: join(directory, name) },
      lbPolicy: name,
    }));
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, 2);
    clients = [];
    // Connections go to either worker as the kernel likes.
    await envoy.waitFor("both workers have connections", async () => {
      clients.push(await DubboClient.connect(envoy.port("dubbo")));
      const stats = await envoy.stats();
      const active = [...stats].filter(
        ([name]) => /worker_\d\.downstream_cx_active/.test(name) && name.includes("listener."),
      );
      return clients.length >= 6 && active.filter(([, count]) => count > 0).length >= 2;
    });
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await envoy.stop();
    for (const server of servers) await server.close();
    rmSync(directory, { recursive: true });
  });

  it("leads equal values to one host from every connection, and gives each host its share", async () => {
    const found = await ask();
    expect(found).toBeDefined();
    owners = found as Owners;
    const { least, most } = bounds(1 / 3);
    for (const name of "abc") {
      expect(shareOf(owners, name)).toBeGreaterThan(least);
      expect(shareOf(owners, name)).toBeLessThan(most);
    }
  });

  it("keeps a connection's tunnels to one for each host", async () => {
    await ask();
    await envoy.waitFor("one for each host and client", async () => {
      await ask();
      return servers.slice(0, 3).every(({ sockets }) => sockets.size <= clients.length);
    });
    expect(await ask()).toEqual(owners);
  });

  /** What all connections and workers agree upon, twice in a row. */
  async function settled(what: string, isExpected: (found: Owners) => boolean): Promise<Owners> {
    let last: Owners | undefined;
    await envoy.waitFor(what, async () => {
      const before = last;
      last = await ask();
      return last !== undefined && isExpected(last) && KEYS.every((key) => last?.get(key) === before?.get(key));
    });
    return last as Owners;
  }

  it("gives a host that joins its share, and moves little else", async () => {
    setHosts("abcd");
    const now = await settled("all have found the host", (found) => shareOf(found, "d") > 0);
    const { least, most } = bounds(1 / 4);
    const away = moved(now);
    expect(shareOf(now, "d")).toBeGreaterThan(least);
    expect(shareOf(now, "d")).toBeLessThan(most);
    expect(away.filter((key) => now.get(key) !== "d").length / KEYS.length).toBeLessThan(MOST_ELSEWHERE[policy]);
    owners = now;
  });

  it("gives the values of a host that leaves to others at once, and moves little else", async () => {
    const before = (await envoy.stats()).get(`cluster.${policy}.update_success`) ?? 0;
    setHosts("acd");
    await envoy.waitFor("Envoy knows", async () => {
      const stats = await envoy.stats();
      const isNew = (stats.get(`cluster.${policy}.update_success`) ?? 0) > before;
      return isNew && stats.get(`cluster.${policy}.membership_total`) === 3;
    });
    // It says that it goes, and is gone when nobody has a tunnel to it.
    await servers.find(({ name }) => name === "b")?.leave();
    const all = await Promise.all(clients.map(askOne));
    for (const found of all) expect(shareOf(found, "b")).toBe(0);
    const now = await settled("all have found what Envoy's table leads to now", (found) => shareOf(found, "b") === 0);
    const others = moved(now).filter((key) => owners.get(key) !== "b");
    expect(others.length / KEYS.length).toBeLessThan(MOST_ELSEWHERE[policy]);
  });
});
