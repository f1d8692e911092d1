// Clients and servers of trpc-go: unary calls of one multiplexed connection, and streams.
import { expect } from "vitest";
import { exampleOf } from "./support/example.js";
import { trpcClient, trpcServer } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const CHECKS = [
  "call: user=",
  "call: user=jason",
  "call: user=other",
  "call: user=é 书 😀",
  "call: by func",
  "call: one-way",
  "call: 1 MiB each way, jason",
  "call: 1 MiB each way, other",
  "call: an attachment of 1 MiB, jason",
  "call: an attachment of 1 MiB, other",
  "errors: of the service",
  "errors: a service that nobody provides",
  "errors: a late answer is no one's",
  "concurrency: 16 goroutines × 50 calls, jason and other in turns",
  "stream: 100 texts each way, jason",
  "stream: 100 texts each way, other",
  "stream: 8 MiB each way, jason",
  "stream: 8 MiB each way, other",
  "stream: a server ends it with an error",
  "stream: a method that there is not",
  "stream: 8 at once of both users, and calls between",
];

const EXAMPLE = exampleOf("trpc", "greeter.example");

describeConsumer("trpc-go to trpc-go", {
  world: () => World.direct(trpcServer),
  consumer: trpcClient,
  names: CHECKS,
});

for (const [title, envoy] of [
  ["1.40", ENVOY_1_40],
  ["1.36", ENVOY_1_36],
] as const) {
  describeConsumer(`trpc-go through Meltemi to trpc-go, Envoy ${title}`, {
    world: () => World.behindMeltemi(trpcServer, envoy, EXAMPLE),
    consumer: trpcClient,
    names: [...CHECKS, "stream: a service that nobody provides"],
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
