import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Mesh } from "../../adapter/model/model.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import { ByteQueue } from "../support/byte-queue.js";
import { encodeAnswer } from "../support/dubbo.js";
import { decodeThrift, encodeThrift } from "../support/thrift.js";
import { EnvoyUnderTest } from "../xds/envoy-under-test.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const SERVICE = "orders.default.svc.cluster.local";
const SERVER_ERROR = 80;
const OK = 20;
/** Errors in a row. */
const ERRORS = 3;
/** Longer than what is looked at meanwhile takes on a busy machine. */
const EJECTION_S = 10;
const LIMIT_MS = 40_000;

/** What is to be, sooner or later: looked at until it is. */
async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline_ms = Date.now() + LIMIT_MS;
  while (!(await condition())) {
    if (Date.now() > deadline_ms) throw new Error(`in vain: ${what}`);
    await sleep(20);
  }
}

/** A server of three answers with application errors, which only the filter sees. Written as YAML, and the whole way through the control plane. */
describe.each(VERSIONS)("outlier detection by Dubbo's statuses on $name", ({ path }) => {
  let servers: DubboServer[];
  let failing: DubboServer;
  let fails = false;
  let envoy: EnvoyUnderTest;

  beforeAll(async () => {
    const good = await Promise.all(["a", "b"].map((name) => DubboServer.start(name)));
    failing = await DubboServer.start("c", (call, socket) => {
      if (fails) socket.write(encodeAnswer({ id: call.id, status: SERVER_ERROR, value: "not today" }));
      else failing.answer(call, socket);
    });
    servers = [...good, failing];
    const code = { kind: "inline", bytes: readFileSync("dist/meltemi.wasm") } as const;
    envoy = await EnvoyUnderTest.start(path, "delta", code, meshOf(servers));
  });

  afterAll(async () => {
    await envoy.stop();
    await Promise.all(servers.map((server) => server.close()));
  });

  const callsOf = (server: DubboServer) => server.calls.length;
  const statuses = async (client: DubboClient, calls: number) => {
    const found: number[] = [];
    for (let i = 0; i < calls; i++) found.push((await client.call(SERVICE, "m")).status);
    return found;
  };
  const counted = async (name: string) => {
    const { stats } = (await envoy.get("/stats?format=json")) as { stats: { name?: string; value: number }[] };
    return stats.filter((stat) => stat.name?.includes(name)).reduce((sum, { value }) => sum + value, 0);
  };

  it("gives it no calls, old connections and new ones, until it has recovered", { timeout: 90_000 }, async () => {
    const client = await DubboClient.connect(envoy.listenerPort);
    await until("all three have calls", async () => {
      await statuses(client, 10);
      return servers.every((server) => callsOf(server) > 0);
    });
    fails = true;
    let errors = 0;
    await until("it is ejected", async () => {
      errors += (await statuses(client, 10)).filter((status) => status !== OK).length;
      return (await counted("meltemi_outlier_ejections_total")) > 0;
    });
    expect(errors).toBe(ERRORS);

    const before = callsOf(failing);
    const other = await DubboClient.connect(envoy.listenerPort);
    for (const one of [client, other]) expect(new Set(await statuses(one, 60))).toEqual(new Set([OK]));
    expect(await counted("meltemi_outlier_hosts_ejected")).toBe(1);
    expect(await counted("meltemi_outlier_unejections_total")).toBe(0);
    expect(callsOf(failing)).toBe(before);

    fails = false;
    await until("it gets calls again", async () => {
      for (const one of [client, other]) expect(new Set(await statuses(one, 5))).toEqual(new Set([OK]));
      return callsOf(failing) > before + 5;
    });
    await until("that is told", async () => (await counted("meltemi_outlier_unejections_total")) === 1);
    expect(await counted("meltemi_outlier_panics_total")).toBe(0);
    for (const one of [client, other]) one.close();
  });
});

function meshOf(servers: readonly DubboServer[]): Mesh {
  const endpoints = servers.map(({ port }) => `{ address: 127.0.0.1, ports: { dubbo: ${port} } }`);
  const written = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: orders }
spec:
  hosts: [ ${SERVICE} ]
  ports: [ { number: 20880, name: dubbo } ]
  resolution: STATIC
  endpoints: [ ${endpoints.join(", ")} ]
---
apiVersion: networking.meltemi.io/v1alpha1
kind: DestinationPolicy
metadata: { name: orders }
spec:
  host: orders
  outlierDetection: { consecutiveErrors: ${ERRORS}, baseEjectionTime: ${EJECTION_S}s, statuses: SERVER_ERROR }
`;
  const { mesh, problems } = new Translator().translate(parseFile(written, "a.yaml", recognise));
  expect(problems).toEqual([]);
  return mesh;
}

/** What a TApplicationException says: 1 is its text, 2 its type. */
const INTERNAL_ERROR = new Map<number, string | number>([
  [1, "not today"],
  [2, 6],
]);

/** Answers with its name, or with a TApplicationException. */
class ThriftServer {
  calls = 0;
  fails = false;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(private readonly name: string) {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("error", () => socket.destroy());
      const bytes = new ByteQueue();
      socket.on("data", (chunk) => {
        bytes.append(chunk);
        for (let call = decodeThrift(bytes.view()); call; call = decodeThrift(bytes.view())) {
          bytes.drain(call.bytes.length);
          this.answer(call.name, call.seqid, socket);
        }
      });
    });
  }

  static async start(name: string): Promise<ThriftServer> {
    const server = new ThriftServer(name);
    await new Promise<void>((resolve) => server.server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(name: string, seqid: number, socket: Socket): void {
    this.calls++;
    if (this.fails) socket.write(encodeThrift({ type: "exception", name, seqid, fields: INTERNAL_ERROR }));
    else socket.write(encodeThrift({ type: "reply", name, seqid, fields: new Map([[0, this.name]]) }));
  }
}

/** One call after the other on a connection. */
class ThriftClient {
  private readonly bytes = new ByteQueue();
  private received: (() => void) | undefined;
  private seqid = 0;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (chunk) => {
      this.bytes.append(chunk);
      this.received?.();
    });
  }

  static async connect(port: number): Promise<ThriftClient> {
    const socket = connect(port, "127.0.0.1");
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    return new ThriftClient(socket);
  }

  /** The type of the answer. */
  async call(): Promise<string> {
    this.socket.write(encodeThrift({ type: "call", name: "get", seqid: ++this.seqid }));
    for (;;) {
      const answer = decodeThrift(this.bytes.view());
      if (answer) {
        this.bytes.drain(answer.bytes.length);
        return answer.type;
      }
      await new Promise<void>((resolve) => {
        this.received = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

describe.each(VERSIONS)("outlier detection by Thrift's exceptions on $name", (version) => {
  let servers: ThriftServer[];
  let envoy: TestEnvoy;

  beforeAll(async () => {
    servers = await Promise.all(["a", "b", "c"].map((name) => ThriftServer.start(name)));
    const config = {
      virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] }],
      clusters: [
        {
          name: "v1",
          min_tunnels: 3,
          outlier_detection: { error_percentage: 60, minimum_calls: 5, base_ejection_time_ms: EJECTION_S * 1000 },
        },
      ],
    };
    const clusters = [{ name: "v1", ports: servers.map(({ port }) => port) }];
    envoy = await TestEnvoy.start(version, [{ name: "thrift", config, protocol: "thrift" }], clusters, 1);
  });

  afterAll(async () => {
    await envoy.stop();
    await Promise.all(servers.map((server) => server.close()));
  });

  it("gives a server that fails no calls until it has recovered", { timeout: 90_000 }, async () => {
    const failing = servers[2] as ThriftServer;
    failing.fails = true;
    const client = await ThriftClient.connect(envoy.port("thrift"));
    await until("it is ejected", async () => {
      for (let i = 0; i < 10; i++) await client.call();
      return [...(await envoy.stats()).keys()].some((name) => name.includes("outlier_ejections_total"));
    });
    const before = failing.calls;
    const other = await ThriftClient.connect(envoy.port("thrift"));
    for (const one of [client, other]) {
      for (let i = 0; i < 60; i++) expect(await one.call()).toBe("reply");
    }
    expect([...(await envoy.stats()).keys()].some((name) => name.includes("outlier_unejections_total"))).toBe(false);
    expect(failing.calls).toBe(before);
    failing.fails = false;
    await until("it gets calls again", async () => {
      for (const one of [client, other]) expect(await one.call()).toBe("reply");
      return failing.calls > before + 5;
    });
    for (const one of [client, other]) one.close();
  });
});
