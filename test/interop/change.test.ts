// Providers and routes that change behind a connection that stays.
import { namesOf } from "./support/check-names.js";
import { javaConsumer, javaProvider } from "./support/programs.js";
import { describeConsumer, ENVOY_1_40, World } from "./support/world.js";

/** A provider closes a connection on which it has read nothing for three of its heartbeats. */
const QUICK_HEARTBEAT = ["--heartbeat", "1000"];

describeConsumer("Changes behind Meltemi, Envoy 1.40", {
  world: () => World.behindMeltemi(javaProvider(QUICK_HEARTBEAT), ENVOY_1_40),
  consumer: (target) => javaConsumer(target, ["change"]),
  names: namesOf(["change"]),
  steps: (world) => ({
    "kill v2": () => world.endProvider("v2", "SIGKILL"),
    "end v2": () => world.endProvider("v2", "SIGTERM"),
    "start v2": () => world.restartProvider("v2"),
    "route jason to v1": async () => world.mesh?.routeJasonTo("v1"),
    "route jason to v2": async () => world.mesh?.routeJasonTo("v2"),
  }),
});
