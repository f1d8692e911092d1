// Providers and routes that change behind a connection that stays.
import { namesOf } from "./support/check-names.js";
import { javaConsumer, javaProvider } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

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

for (const [title, envoy] of [
  ["1.40", ENVOY_1_40],
  ["1.36", ENVOY_1_36],
] as const) {
  describeConsumer(`Unrest behind Meltemi, Envoy ${title}`, {
    world: () => World.behindMeltemi(javaProvider(), envoy),
    consumer: (target) => javaConsumer(target, ["unrest"]),
    names: namesOf(["unrest"]),
    steps: (world) => ({ unrest: () => unrest(world) }),
  });
}

/** v2 is killed, comes back, ends in order and comes back; jason's route changes and changes back in between. */
async function unrest(world: World): Promise<void> {
  for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL"] as const) {
    await world.endProvider("v2", signal);
    await world.mesh?.routeJasonTo("v1");
    await world.restartProvider("v2");
    await world.mesh?.routeJasonTo("v2");
  }
}
