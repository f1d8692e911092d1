// Clients and servers of bRPC's baidu_std: brpc-java and jprotobuf-rpc, each with its own library.
import { expect } from "vitest";
import { BRPC_JAVA_CHECKS } from "./support/check-names.js";
import { exampleOf } from "./support/example.js";
import { brpcJavaClient, brpcJavaServer, jprotobufClient, jprotobufServer } from "./support/programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const JPROTOBUF_CHECKS = [
  "call: any method",
  "call: by method",
  "call: an attachment",
  "call: 1 MiB each way",
  "call: 1 MiB each way, in chunks",
  "errors: an exception",
  "concurrency: 8 threads × 50 calls of both versions, in chunks and not",
];

const EXAMPLE = exampleOf("brpc", "echo.example");

describeConsumer("brpc-java to brpc-java", {
  world: () => World.direct(brpcJavaServer),
  consumer: brpcJavaClient,
  names: BRPC_JAVA_CHECKS,
});

for (const [title, envoy] of [
  ["1.40", ENVOY_1_40],
  ["1.36", ENVOY_1_36],
] as const) {
  describeConsumer(`brpc-java through Meltemi to brpc-java, Envoy ${title}`, {
    world: () => World.behindMeltemi(brpcJavaServer, envoy, EXAMPLE),
    consumer: brpcJavaClient,
    names: [...BRPC_JAVA_CHECKS, "errors: a service that nobody provides"],
    afterwards: {
      "on one connection of each client": async ({ mesh }) => {
        // Compression and services are of a client: three more.
        expect(await mesh?.connections()).toBe(4);
      },
      "each call is counted where it went": async ({ mesh }) => {
        await expect.poll(() => mesh?.calls("EchoNew", "v2", "0"), { timeout: 10_000 }).toBe(1);
        await expect.poll(() => mesh?.calls("Fail", "v1", "2001"), { timeout: 10_000 }).toBe(1);
      },
    },
  });
}

describeConsumer("jprotobuf-rpc to jprotobuf-rpc", {
  world: () => World.direct(jprotobufServer),
  consumer: jprotobufClient,
  names: JPROTOBUF_CHECKS,
});

describeConsumer("jprotobuf-rpc through Meltemi to jprotobuf-rpc, Envoy 1.40", {
  world: () => World.behindMeltemi(jprotobufServer, ENVOY_1_40, EXAMPLE),
  consumer: jprotobufClient,
  names: JPROTOBUF_CHECKS,
  afterwards: {
    "a call in chunks is one call": async ({ mesh }) => {
      // 3 calls of the first checks, 8 × 50 of the last one.
      await expect.poll(() => mesh?.calls("Echo", "v1", "0"), { timeout: 10_000 }).toBe(403);
    },
  },
});
