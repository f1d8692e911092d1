// Machines outside of Kubernetes, on a network of their own: a ServiceEntry is what they serve, WorkloadEntries are where.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../support/host.js";
import { Caller } from "./support/caller.js";
import { Fleet } from "./support/fleet.js";
import { ask, flood, names } from "./support/shop.js";

const JASON = { user: "jason" };
const COUNT = 100;

describe("machines outside", () => {
  let fleet: Fleet;
  let consumer: Host;
  let caller: Caller;

  beforeAll(async () => {
    fleet = await Fleet.start("outside-machine", { chain: ["stock"], outside: true });
    consumer = await fleet.addConsumer("shop");
    caller = await Caller.start(consumer.inside);
  });

  afterAll(() => fleet?.remove());

  describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
    const at = () => fleet.addressesOf("shop", "stock")[family];

    it("serve requests of HTTP, a tester's by the canary", async () => {
      expect(names(await ask(consumer, at(), JASON))).toEqual(["shop/stock-v0-0-2"]);
      const testers = await fleet.served(() => flood(consumer, at(), JASON, COUNT));
      expect(testers).toEqual({ "shop/stock-v0-0-1": 0, "shop/stock-v0-0-2": COUNT });
      const others = await fleet.served(() => flood(consumer, at(), {}, COUNT));
      expect(others).toEqual({ "shop/stock-v0-0-1": COUNT, "shop/stock-v0-0-2": 0 });
    });

    it("serve Dubbo Java's calls, a tester's by the canary", async () => {
      const testers = await caller.call({ tier: "stock", ip: at(), attachments: JASON, count: COUNT });
      expect(testers.map((one) => names(one).join())).toEqual(Array(COUNT).fill("shop/stock-v0-0-2"));
      const others = await caller.call({ tier: "stock", ip: at(), count: COUNT });
      expect(others.map((one) => names(one).join())).toEqual(Array(COUNT).fill("shop/stock-v0-0-1"));
    });
  });
});
