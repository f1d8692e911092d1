// dubbo-go on one side of Meltemi, Apache Dubbo Java on the other.
import { expect } from "vitest";
import { GO_CHECKS, type JavaGroup, namesOf } from "./support/check-names.js";
import { goConsumer, goProvider, javaConsumer, javaProvider } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const PEER_GROUPS: readonly JavaGroup[] = ["peer", "heartbeat"];

for (const [title, envoy] of [
  ["1.40", ENVOY_1_40],
  ["1.36", ENVOY_1_36],
] as const) {
  describeConsumer(`dubbo-go through Meltemi to Dubbo Java, Envoy ${title}`, {
    world: () => World.behindMeltemi(javaProvider(), envoy),
    consumer: goConsumer,
    names: GO_CHECKS,
    afterwards: {
      "on one connection": async ({ mesh }) => {
        expect(await mesh?.connections()).toBe(1);
      },
      "each call is counted where it went": async ({ mesh }) => {
        for (const version of ["v1", "v2"]) {
          await expect.poll(() => mesh?.calls("greet", version), { timeout: 10_000 }).toBe(200);
        }
      },
    },
  });
}

describeConsumer("Dubbo Java through Meltemi to dubbo-go, Envoy 1.40", {
  world: () => World.behindMeltemi(goProvider, ENVOY_1_40),
  consumer: (target) => javaConsumer(target, PEER_GROUPS),
  names: namesOf(PEER_GROUPS),
  afterwards: {
    // dubbo-go's providers send heartbeats, and drop a connection that leaves three of them unanswered.
    "the providers' heartbeats are answered: each connection has kept its tunnels": async ({ mesh }) => {
      expect(await mesh?.tunnels()).toBe(4);
    },
  },
});
