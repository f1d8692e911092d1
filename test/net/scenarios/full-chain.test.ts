// A canary of a whole chain: the gateway says of a call which chain it is of, services hand that on, and each caller's sidecar chooses by it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../support/host.js";
import { Caller } from "./support/caller.js";
import { Fleet } from "./support/fleet.js";
import { ask, flood } from "./support/shop.js";

const HOST = { host: "shop.example.com" };
const CANARY = { version: "v0-0-2" };
/** Who is passed, and of which chain and which version each is told that it is. Orders have no canary; the tier behind them has. */
const CANARYS_WAY = [
  "shop/front-v0-0-2 v0-0-2 v0-0-2",
  "shop/orders-v0-0-1 v0-0-2 v0-0-1",
  "shop/stock-v0-0-2 v0-0-2 v0-0-2",
];
const BASES_WAY = ["shop/front-v0-0-1 - v0-0-1", "shop/orders-v0-0-1 - v0-0-1", "shop/stock-v0-0-1 - v0-0-1"];
const COUNT = 50;

describe("a canary of a whole chain", () => {
  let fleet: Fleet;
  let edge: Host;
  let client: Host;
  let caller: Caller;

  beforeAll(async () => {
    const chain = ["front", "orders", "stock"];
    fleet = await Fleet.start("full-chain", { chain, sidecars: chain });
    edge = await fleet.addGateway("shop");
    client = await fleet.addClient();
    caller = await Caller.start(client.inside);
    // Six JVMs and more start at once.
  }, 400_000);

  afterAll(() => fleet?.remove());

  describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
    const at = () => edge[family] as string;

    it("takes requests of HTTP from the gateway to the last tier", async () => {
      expect(await ask(client, at(), { ...HOST, ...CANARY, family })).toEqual(CANARYS_WAY);
      expect(await ask(client, at(), { ...HOST, family })).toEqual(BASES_WAY);
      const served = await fleet.served(() => flood(client, at(), { ...HOST, ...CANARY, family }, COUNT));
      expect(served).toEqual({
        "shop/front-v0-0-1": 0,
        "shop/front-v0-0-2": COUNT,
        "shop/orders-v0-0-1": COUNT,
        "shop/stock-v0-0-1": 0,
        "shop/stock-v0-0-2": COUNT,
      });
    });

    it("takes Dubbo Java's calls from the gateway to the last tier", async () => {
      const canary = { tier: "front", ip: at(), ...CANARY, attachments: { family }, count: COUNT };
      expect(await caller.call(canary)).toEqual(Array(COUNT).fill(CANARYS_WAY));
      const base = { tier: "front", ip: at(), attachments: { family }, count: COUNT };
      expect(await caller.call(base)).toEqual(Array(COUNT).fill(BASES_WAY));
    });

    it("does not count what clients say of chains themselves", async () => {
      const said = { clientversion: "v0-0-2" };
      expect(await ask(client, at(), { ...HOST, ...said, family })).toEqual(BASES_WAY);
      const attachments = { clientVersion: "v0-0-2", family };
      expect(await caller.call({ tier: "front", ip: at(), attachments })).toEqual([BASES_WAY]);
    });

    it("has a canary behind it reached by one that calls by itself", async () => {
      const { host } = fleet.machine("shop/front-v0-0-2");
      const stock = fleet.addressesOf("shop", "stock")[family];
      const answer = ["shop/stock-v0-0-2 - v0-0-2"];
      expect(await ask(host, stock, { providerversion: "v0-0-2" })).toEqual(answer);
      expect(await ask(host, stock, {})).toEqual(["shop/stock-v0-0-1 - v0-0-1"]);
    });
  });
});
