// Clients and servers of trpc-go: unary calls of one multiplexed connection, and streams.
import { expect } from "vitest";
import { TRPC_CHECKS } from "./support/check-names.js";
import { exampleOf } from "./support/example.js";
import { trpcClient, trpcServer } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const EXAMPLE = exampleOf("trpc", "greeter.example");

describeConsumer("trpc-go to trpc-go", {
  world: () => World.direct(trpcServer),
  consumer: trpcClient,
  names: TRPC_CHECKS,
});

for (const [title, envoy] of [
  ["1.40", ENVOY_1_40],
  ["1.36", ENVOY_1_36],
] as const) {
  describeConsumer(`trpc-go through Meltemi to trpc-go, Envoy ${title}`, {
    world: () => World.behindMeltemi(trpcServer, envoy, EXAMPLE),
    consumer: trpcClient,
    names: [...TRPC_CHECKS, "stream: a service that nobody provides"],
    afterwards: {
      "the filter has not trapped": async ({ mesh }) => {
        expect(await mesh?.traps()).toBe(0);
      },
      "calls and streams are counted where they went, by their codes": async ({ mesh }) => {
        const calls = (method: string, version: string, status: string) => () => mesh?.calls(method, version, status);
        await expect.poll(calls("SayHi", "v2", "0"), { timeout: 10_000 }).toBe(1);
        await expect.poll(calls("SayHello", "v2", "10042"), { timeout: 10_000 }).toBe(1);
        // Two of 100 texts and 8 MiB, and half of those at once.
        await expect.poll(calls("Echo", "v1", "0"), { timeout: 10_000 }).toBe(6);
        await expect.poll(calls("Echo", "v2", "51"), { timeout: 10_000 }).toBe(1);
        await expect.poll(calls("Missing", "v2", "12"), { timeout: 10_000 }).toBe(1);
      },
    },
  });
}
