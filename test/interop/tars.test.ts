// Clients and servers of TarsGo and of Tars.js, which speaks TUP in both of its versions, too.
import { expect } from "vitest";
import { TARS_GO_CHECKS } from "./support/check-names.js";
import { exampleOf } from "./support/example.js";
import { tarsGoClient, tarsGoServer, tarsNodeClient, tarsNodeServer } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const nodeChecks = (names: readonly string[]): readonly string[] =>
  ["Tars", "TUP 2", "TUP 3"].flatMap((version) => names.map((name) => `${version}: ${name}`));

const NODE_CHECKS = nodeChecks([
  "user=",
  "user=jason",
  "user=other",
  "user=é 书 😀",
  "1 MiB each way, jason",
  "1 MiB each way, other",
  "an error of the business",
  "200 calls at once, in turns",
]);

const EXAMPLE = exampleOf("tars", "greeter.example");

describeConsumer("TarsGo to TarsGo", {
  world: () => World.direct(tarsGoServer),
  consumer: tarsGoClient,
  names: TARS_GO_CHECKS,
});

for (const [title, envoy] of [
  ["1.40", ENVOY_1_40],
  ["1.36", ENVOY_1_36],
] as const) {
  describeConsumer(`TarsGo through Meltemi to TarsGo, Envoy ${title}`, {
    world: () => World.behindMeltemi(tarsGoServer, envoy, EXAMPLE),
    consumer: tarsGoClient,
    names: [...TARS_GO_CHECKS, "errors: a servant that nobody provides"],
    afterwards: {
      "on one connection for each object": async ({ mesh }) => {
        expect(await mesh?.connections()).toBe(2);
      },
      "calls are counted where they went, by their codes": async ({ mesh }) => {
        await expect.poll(() => mesh?.calls("ask", "v2", "10042"), { timeout: 10_000 }).toBe(1);
        await expect.poll(() => mesh?.calls("missing", "v1", "-3"), { timeout: 10_000 }).toBe(1);
        await expect.poll(() => mesh?.calls("ask", "v2", "oneway"), { timeout: 10_000 }).toBe(1);
      },
    },
  });
}

describeConsumer("Tars.js to Tars.js", {
  world: () => World.direct(tarsNodeServer),
  consumer: tarsNodeClient,
  names: NODE_CHECKS,
});

describeConsumer("Tars.js through Meltemi to Tars.js, Envoy 1.40", {
  world: () => World.behindMeltemi(tarsNodeServer, ENVOY_1_40, EXAMPLE),
  consumer: tarsNodeClient,
  names: [...NODE_CHECKS, ...nodeChecks(["a servant that nobody provides"])],
});
