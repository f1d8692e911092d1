// Other people's clients and servers on both sides of routes that change the attributes of all their calls and answers.
import { expect } from "vitest";
import { changing } from "./support/changing.js";
import {
  BRPC_JAVA_CHECKS,
  type JavaGroup,
  namesOf,
  TARS_GO_CHECKS,
  THRIFT_CHECKS,
  TRPC_CHECKS,
} from "./support/check-names.js";
import { exampleOf } from "./support/example.js";
import { DUBBO } from "./support/mesh.js";
import {
  brpcJavaClient,
  brpcJavaServer,
  javaConsumer,
  javaProvider,
  tarsGoClient,
  tarsGoServer,
  trpcClient,
  trpcServer,
} from "./support/programs.js";
import { thriftClient, thriftServers } from "./support/thrift-programs.js";
import { describeConsumer, ENVOY_1_40, World } from "./support/world.js";

const unharmed = {
  "the filter has not trapped": async ({ mesh }: World) => {
    expect(await mesh?.traps()).toBe(0);
  },
  "all could be changed": async ({ mesh }: World) => {
    expect(await mesh?.stat("meltemi_not_mutated_total")).toBe(0);
  },
};

/** Servers that answer with all attributes that they got show those that came on the way. */
const SURPRISE = "x-mesh=meltemi é 书 😀 x-more=more";

const JAVA: readonly JavaGroup[] = ["call", "types", "errors", "concurrency"];

describeConsumer("Dubbo Java, messages changed", {
  world: () => World.behindMeltemi(javaProvider(), ENVOY_1_40, changing(DUBBO)),
  consumer: (target) => javaConsumer(target, JAVA),
  names: namesOf(JAVA),
  afterwards: unharmed,
});

describeConsumer("trpc-go, messages changed", {
  world: () => World.behindMeltemi(trpcServer, ENVOY_1_40, changing(exampleOf("trpc", "greeter.example"))),
  consumer: trpcClient,
  names: [...TRPC_CHECKS, "stream: a service that nobody provides"],
  surprised: [
    "call: user=",
    "call: user=jason",
    "call: user=other",
    "call: user=é 书 😀",
    "errors: a late answer is no one's",
    "concurrency: 16 goroutines × 50 calls, jason and other in turns",
    "stream: 8 at once of both users, and calls between",
  ],
  surprise: SURPRISE,
  afterwards: unharmed,
});

describeConsumer("TarsGo, messages changed", {
  world: () => World.behindMeltemi(tarsGoServer, ENVOY_1_40, changing(exampleOf("tars", "greeter.example"))),
  consumer: tarsGoClient,
  names: [...TARS_GO_CHECKS, "errors: a servant that nobody provides"],
  surprised: [
    "call: user=",
    "call: user=jason",
    "call: user=other",
    "call: user=é 书 😀",
    "call: by a key of status",
    "errors: a late answer is no one's",
    "concurrency: 16 goroutines × 50 calls, jason and other in turns",
  ],
  surprise: SURPRISE,
  afterwards: unharmed,
});

for (const [client, server] of [
  ["Go", "python"],
  ["Python", "go"],
] as const) {
  describeConsumer(`Thrift, ${client} to ${server}, messages changed`, {
    world: () =>
      World.behindMeltemi(thriftServers[server], ENVOY_1_40, changing(exampleOf("thrift", "greeter.example"))),
    consumer: (target) => thriftClient(client, target, ["header-binary", "header-compact", "header-compact-zlib"]),
    names: [
      ...["header-binary", "header-compact"].flatMap((dialect) =>
        ["by a key of THeader", ...THRIFT_CHECKS].map((check) => `${dialect}: ${check}`),
      ),
      "header-compact-zlib: by a key of THeader",
    ],
    afterwards: unharmed,
  });
}

describeConsumer("brpc-java, messages changed", {
  world: () => World.behindMeltemi(brpcJavaServer, ENVOY_1_40, changing(exampleOf("brpc", "echo.example"))),
  consumer: brpcJavaClient,
  names: [...BRPC_JAVA_CHECKS, "errors: a service that nobody provides"],
  surprised: ["call: key-values arrive"],
  surprise: "x-mesh=meltemi é 书 😀, x-more=more",
  afterwards: unharmed,
});
