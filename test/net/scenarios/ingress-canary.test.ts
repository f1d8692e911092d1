// A canary at the ingress gateway, by what calls ask for.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../support/host.js";
import { Caller } from "./support/caller.js";
import { Fleet } from "./support/fleet.js";
import { ask, flood, names } from "./support/shop.js";

const HOST = { host: "shop.example.com" };
const CANARY = { version: "v0-0-2" };

describe("a canary at the ingress gateway", () => {
  let fleet: Fleet;
  let edge: Host;
  let client: Host;
  let caller: Caller;

  beforeAll(async () => {
    fleet = await Fleet.start("ingress-canary", { chain: ["front"] });
    edge = await fleet.addGateway("shop");
    client = await fleet.addClient();
    caller = await Caller.start(client.inside);
  });

  afterAll(() => fleet?.remove());

  describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
    const at = () => edge[family] as string;

    it("takes requests of HTTP by their header", async () => {
      expect(names(await ask(client, at(), { ...HOST, ...CANARY }))).toEqual(["shop/front-v0-0-2"]);
      expect(names(await ask(client, at(), HOST))).toEqual(["shop/front-v0-0-1"]);
      const served = await fleet.served(() => flood(client, at(), { ...HOST, ...CANARY }, 200));
      expect(served).toEqual({ "shop/front-v0-0-1": 0, "shop/front-v0-0-2": 200 });
      expect(await fleet.served(() => flood(client, at(), HOST, 100))).toMatchObject({ "shop/front-v0-0-1": 100 });
    });

    it("takes Dubbo Java's calls by the version of the service", async () => {
      const count = 100;
      const canary = await caller.call({ tier: "front", ip: at(), ...CANARY, count });
      expect(canary.map((one) => names(one).join())).toEqual(Array(count).fill("shop/front-v0-0-2"));
      const others = await caller.call({ tier: "front", ip: at(), count });
      expect(others.map((one) => names(one).join())).toEqual(Array(count).fill("shop/front-v0-0-1"));
    });
  });
});
