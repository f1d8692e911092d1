// Apache Dubbo Java on both sides of Meltemi.
import { expect } from "vitest";
import { type JavaGroup, namesOf } from "./support/check-names.js";
import { javaConsumer, javaProvider } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const ALL: readonly JavaGroup[] = ["call", "types", "errors", "size", "services", "concurrency", "heartbeat"];
const SHORT: readonly JavaGroup[] = ["call", "types", "errors", "size", "services", "concurrency"];

const unharmed = async ({ mesh }: World): Promise<void> => {
  expect(await mesh?.traps(), mesh?.program.log()).toBe(0);
};

describeConsumer("Dubbo Java through Meltemi, Envoy 1.40", {
  world: () => World.behindMeltemi(javaProvider(), ENVOY_1_40),
  consumer: (target) => javaConsumer(target, ALL),
  names: namesOf(ALL),
  afterwards: {
    "the filter is unharmed": unharmed,
    "one connection for all references, one for the heartbeats": async ({ mesh }) => {
      expect(await mesh?.connections()).toBe(2);
    },
  },
});

describeConsumer("Dubbo Java through Meltemi, Envoy 1.36", {
  world: () => World.behindMeltemi(javaProvider(), ENVOY_1_36),
  consumer: (target) => javaConsumer(target, SHORT),
  names: namesOf(SHORT),
  afterwards: { "the filter is unharmed": unharmed },
});
