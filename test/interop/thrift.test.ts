// Clients and servers of Apache Thrift's libraries for Go, Node and Python, each with each other's.
import { expect } from "vitest";
import { THRIFT_CHECKS } from "./support/check-names.js";
import { exampleOf } from "./support/example.js";
import type { StartProvider } from "./support/programs.js";
import { type ThriftLanguage, thriftClient, thriftServers } from "./support/thrift-programs.js";
import { describeConsumer, ENVOY_1_36, ENVOY_1_40, World } from "./support/world.js";

const PLAIN = ["framed-binary", "framed-compact", "unframed-binary", "unframed-compact"];
const HEADER = ["header-binary", "header-compact", "header-compact-zlib"];
const LANGUAGES: readonly ThriftLanguage[] = ["Go", "Node", "Python"];

/** The library for Node has something else that is called THeader. */
const dialectsOf = (client: ThriftLanguage): readonly string[] => (client === "Node" ? PLAIN : [...PLAIN, ...HEADER]);

const BY_KEY = "by a key of THeader";

function checksOf(dialect: string): readonly string[] {
  if (!dialect.startsWith("header")) return THRIFT_CHECKS;
  return dialect.endsWith("zlib") ? [BY_KEY] : [BY_KEY, ...THRIFT_CHECKS];
}

/** Connections of the clients in Go and Python for the check of concurrency; the one in Node has its calls in flight on one. */
const MORE_CONNECTIONS = 4;

function connectionsOf(client: ThriftLanguage, dialects: readonly string[]): number {
  const concurrent = client === "Node" ? [] : dialects.filter((dialect) => checksOf(dialect).includes("concurrency"));
  return dialects.length + concurrent.length * MORE_CONNECTIONS;
}

const EXAMPLE = exampleOf("thrift", "greeter.example");

function describeClient(
  title: string,
  client: ThriftLanguage,
  server: StartProvider,
  dialects: readonly string[],
  envoy: string,
): void {
  describeConsumer(title, {
    world: () => World.behindMeltemi(server, envoy, EXAMPLE),
    consumer: (target) => thriftClient(client, target, dialects),
    names: dialects.flatMap((dialect) => checksOf(dialect).map((check) => `${dialect}: ${check}`)),
    afterwards: {
      "on one connection of each client": async ({ mesh }) => {
        expect(await mesh?.connections()).toBe(connectionsOf(client, dialects));
      },
      "each call is counted where it went, by what became of it": async ({ mesh }) => {
        const counted = dialects.filter((dialect) => checksOf(dialect).includes("by method")).length;
        await expect.poll(() => mesh?.calls("place", "v2", "0"), { timeout: 10_000 }).toBe(counted);
        await expect.poll(() => mesh?.calls("fail", "v1", "100"), { timeout: 10_000 }).toBe(counted);
      },
      "the filter has not failed": async ({ mesh }) => {
        expect(await mesh?.traps()).toBe(0);
      },
    },
  });
}

for (const client of LANGUAGES) {
  for (const server of ["go", "python"] as const) {
    const title = `Thrift, ${client} through Meltemi to ${server}`;
    describeClient(`${title}, Envoy 1.40`, client, thriftServers[server], dialectsOf(client), ENVOY_1_40);
  }
  for (const dialect of PLAIN) {
    const title = `Thrift, ${client} through Meltemi to node, ${dialect}`;
    describeClient(`${title}, Envoy 1.40`, client, thriftServers.node(dialect), [dialect], ENVOY_1_40);
  }
}

describeClient("Thrift, Go through Meltemi to go, Envoy 1.36", "Go", thriftServers.go, dialectsOf("Go"), ENVOY_1_36);
