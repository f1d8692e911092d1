// A canary of a service that only others call: the callers' sidecars choose, by weight and by what calls say.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../support/host.js";
import { Caller } from "./support/caller.js";
import { Fleet } from "./support/fleet.js";
import { ask, flood, likely, names } from "./support/shop.js";

const JASON = { user: "jason" };
const COUNT = 400;

describe("a canary of an inner service", () => {
  let fleet: Fleet;
  let consumer: Host;
  let caller: Caller;

  beforeAll(async () => {
    fleet = await Fleet.start("inner-canary", { chain: ["orders"] });
    consumer = await fleet.addConsumer("shop");
    caller = await Caller.start(consumer.inside);
  });

  afterAll(() => fleet?.remove());

  describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
    const at = () => fleet.addressesOf("shop", "orders")[family];
    const { least, most } = likely(COUNT, 0.2);

    it("takes a tester's requests of HTTP, and a fifth of all others", async () => {
      expect(names(await ask(consumer, at(), JASON))).toEqual(["shop/orders-v0-0-2"]);
      const testers = await fleet.served(() => flood(consumer, at(), JASON, 200));
      expect(testers).toEqual({ "shop/orders-v0-0-1": 0, "shop/orders-v0-0-2": 200 });
      const { "shop/orders-v0-0-2": canary = 0, ...rest } = await fleet.served(() => flood(consumer, at(), {}, COUNT));
      expect(canary).toBeGreaterThan(least);
      expect(canary).toBeLessThan(most);
      expect(rest).toEqual({ "shop/orders-v0-0-1": COUNT - canary });
    });

    it("takes a tester's calls of Dubbo Java, and a fifth of all others", async () => {
      const testers = await caller.call({ tier: "orders", ip: at(), attachments: JASON, count: 100 });
      expect(testers.map((one) => names(one).join())).toEqual(Array(100).fill("shop/orders-v0-0-2"));
      const others = await caller.call({ tier: "orders", ip: at(), count: COUNT });
      const canary = others.filter((one) => names(one).includes("shop/orders-v0-0-2")).length;
      expect(canary).toBeGreaterThan(least);
      expect(canary).toBeLessThan(most);
    });
  });
});
