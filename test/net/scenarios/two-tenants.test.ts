// Two tenants with the same names, the same addresses of services and other rules, at one control plane.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../support/host.js";
import { Caller } from "./support/caller.js";
import { Fleet } from "./support/fleet.js";
import { ask, flood, names } from "./support/shop.js";

const HOST = { host: "shop.example.com" };
const COUNT = 50;
const TENANTS = ["foo", "bar"] as const;
/** What makes a call one of the canary's chain: with foo, with bar. */
const CANARY = {
  foo: { headers: { version: "v0-0-2" }, call: { version: "v0-0-2" }, attachments: {} },
  bar: { headers: { user: "jason" }, call: {}, attachments: { user: "jason" } },
} as const;

describe("canaries of two tenants", () => {
  let fleet: Fleet;
  const edges = new Map<string, Host>();
  let client: Host;
  let caller: Caller;

  beforeAll(async () => {
    const adapter = ["--tenants", "namespace"];
    fleet = await Fleet.start("two-tenants", { chain: ["front", "stock"], sidecars: ["front"], adapter });
    for (const tenant of TENANTS) edges.set(tenant, await fleet.addGateway(tenant));
    client = await fleet.addClient();
    caller = await Caller.start(client.inside);
    // Six JVMs and more start at once.
  }, 400_000);

  afterAll(() => fleet?.remove());

  describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
    const at = (tenant: string) => edges.get(tenant)?.[family] as string;
    const way = (tenant: string, stock: string) => [`${tenant}/front-v0-0-1`, `${tenant}/stock-${stock}`];

    it.each(TENANTS)("take requests of HTTP by the rules of %s alone", async (tenant) => {
      for (const rule of TENANTS) {
        const passed = await ask(client, at(tenant), { ...HOST, ...CANARY[rule].headers, family });
        expect(names(passed)).toEqual(way(tenant, rule === tenant ? "v0-0-2" : "v0-0-1"));
      }
    });

    it.each(TENANTS)("take Dubbo Java's calls by the rules of %s alone", async (tenant) => {
      for (const rule of TENANTS) {
        const { call, attachments } = CANARY[rule];
        const all = { tier: "front", ip: at(tenant), ...call, attachments: { ...attachments, family }, count: COUNT };
        const expected = way(tenant, rule === tenant ? "v0-0-2" : "v0-0-1");
        expect((await caller.call(all)).map(names)).toEqual(Array(COUNT).fill(expected));
      }
    });

    it("are reached at once, and no request is the other's", async () => {
      const served = await fleet.served(() =>
        Promise.all(
          TENANTS.map((tenant) =>
            flood(client, at(tenant), { ...HOST, ...CANARY[tenant].headers, family }, tenant === "foo" ? 60 : 40),
          ),
        ),
      );
      expect(served).toEqual({
        "foo/front-v0-0-1": 60,
        "foo/stock-v0-0-1": 0,
        "foo/stock-v0-0-2": 60,
        "bar/front-v0-0-1": 40,
        "bar/stock-v0-0-1": 0,
        "bar/stock-v0-0-2": 40,
      });
    });
  });
});
