// ioredis, redis-cli and redis-benchmark through Meltemi to Redis: the commands of one connection go to two servers by their keys.
import { expect } from "vitest";
import { exampleOf } from "./support/example.js";
import { redisClient, redisServer } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const CHECKS = [
  "keys: each leads to its server",
  "pipelines: answers in the order of the commands",
  "several keys of one server",
  "errors of the server",
  "transactions",
  "transactions: what is watched",
  "publish and subscribe",
  "commands that wait",
  "1 MiB each way, session:",
  "1 MiB each way, other:",
  "users: each server knows who the client is",
  "databases: what is selected is so on each server",
  "RESP3: maps, and pushes between answers",
  "16 connections × 200 commands, to both servers in turns",
  "redis-benchmark, 16 commands at a time",
  "QUIT",
];

const EXAMPLE = exampleOf("redis", "redis.example");

describeConsumer("ioredis to Redis", {
  world: () => World.direct(redisServer),
  consumer: redisClient,
  names: CHECKS,
});

for (const [title, envoy] of [
  ["1.40", ENVOY_1_40],
  ["1.36", ENVOY_1_36],
] as const) {
  describeConsumer(`ioredis through Meltemi to Redis, Envoy ${title}`, {
    world: () => World.behindMeltemi(redisServer, envoy, EXAMPLE),
    consumer: redisClient,
    names: [...CHECKS, "several keys of two servers", "a transaction of two servers", "a server is away for a while"],
    steps: (world) => ({
      "end v2": () => world.endProvider("v2", "SIGTERM"),
      "restart v2": () => world.restartProvider("v2"),
    }),
    afterwards: {
      "the filter has not trapped": async ({ mesh }) => {
        expect(await mesh?.traps()).toBe(0);
      },
      "commands are counted where they went, by their errors": async ({ mesh }) => {
        const calls = (method: string, version: string, status: string) => () => mesh?.calls(method, version, status);
        await expect.poll(calls("LPUSH", "v2", "2"), { timeout: 10_000 }).toBe(1);
        await expect.poll(calls("BLPOP", "v2", "0"), { timeout: 10_000 }).toBe(1);
        await expect.poll(calls("SET", "v1", "5"), { timeout: 10_000 }).toBe(1);
      },
    },
  });
}
