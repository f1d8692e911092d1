import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, encodeCall, encodeHeartbeat } from "../support/dubbo.js";
import { ecdsFile } from "./bootstrap.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const MIB = 1 << 20;
/** As an argument of a call that has just the 16 MiB that the filter takes. */
const LONG_BYTES = 16 * MIB - 4000;
/** tcp_proxy can be had to read before it is connected from Envoy 1.37 on: see the refusal below. */
const [NEW, OLD] = VERSIONS as [(typeof VERSIONS)[number], (typeof VERSIONS)[number]];

let tables = 0;

/** Jason to v2, all others to `others`, by attachment or by method; what is called nowhere has no route. */
function table(others: string, attribute = "user") {
  const jason = { match: { attributes: [{ name: attribute, exact_match: "jason" }] }, route: { cluster: "v2" } };
  const dead = { match: { attributes: [{ name: "method", exact_match: "dead" }] }, route: { cluster: "dead" } };
  const routes = [jason, dead, { route: { cluster: others } }];
  return { virtual_hosts: [{ name: "greeter", services: ["demo.Greeter"], routes }], version: String(++tables) };
}

async function upstreams(): Promise<{
  v1: DubboServer;
  v2: DubboServer;
  clusters: { name: string; ports: number[] }[];
}> {
  const [v1, v2] = [await DubboServer.start("v1"), await DubboServer.start("v2")];
  const gone = await DubboServer.start("dead");
  const clusters = [
    { name: "v1", ports: [v1.port] },
    { name: "v2", ports: [v2.port] },
    { name: "dead", ports: [gone.port] },
  ];
  await gone.close();
  return { v1, v2, clusters };
}

describe("mode connection on Envoy 1.40", () => {
  const directory = mkdtempSync(join(tmpdir(), "meltemi-modes-"));
  const file = join(directory, "ecds.json");
  let envoy: TestEnvoy;
  let v1: DubboServer;
  let v2: DubboServer;

  const connect = () => DubboClient.connect(envoy.port("dubbo"));
  const closedFor = (reason: string, least = 1) =>
    envoy.waitForStat(["connections_closed_total", `reason=${reason}`], least);

  function push(config: object): void {
    writeFileSync(`${file}.new`, ecdsFile("dubbo", config, "connection"));
    renameSync(`${file}.new`, file);
  }

  beforeAll(async () => {
    const { clusters, ...servers } = await upstreams();
    ({ v1, v2 } = servers);
    push(table("v1"));
    const listeners = [
      { name: "dubbo", config: { ecdsFile: file }, mode: "connection" as const },
      { name: "by-method", config: table("v1", "method"), mode: "connection" as const },
    ];
    envoy = await TestEnvoy.start(NEW, listeners, clusters);
  });

  afterAll(async () => {
    await envoy.stop();
    await v1.close();
    await v2.close();
    rmSync(directory, { recursive: true });
  });

  it("sends all calls of a connection where the first one goes, by its attachment", async () => {
    const [jason, mary] = [await connect(), await connect()];
    const attachments = { user: "jason" };
    expect(answerText(await jason.call("demo.Greeter", "a", { attachments }))).toBe("v2 a");
    expect(answerText(await mary.call("demo.Greeter", "b"))).toBe("v1 b");
    expect(answerText(await jason.call("demo.Greeter", "c"))).toBe("v2 c");
    expect(answerText(await mary.call("demo.Greeter", "d", { attachments }))).toBe("v1 d");
    await envoy.waitForStat(["connections_routed_total", "service=greeter", "cluster=v2"]);
    for (const client of [jason, mary]) client.close();
  });

  it("closes a connection whose first call has no route, or is no Dubbo, with a reason", async () => {
    const [unknown, foreign] = [await connect(), await connect()];
    await expect(unknown.call("demo.Unknown", "a")).rejects.toThrow("closed before the answer");
    foreign.socket.write("GET / HTTP/1.1\r\n\r\n");
    expect(await foreign.closed).toBe(0);
    await closedFor("no_route");
    await closedFor("not_this_protocol");
  });

  it("closes a connection whose upstream is dead, or dies", async () => {
    const [dead, dying] = [await connect(), await connect()];
    await expect(dead.call("demo.Greeter", "dead")).rejects.toThrow("closed before the answer");
    await envoy.waitForStat(["cluster.dead.upstream_cx_connect_fail"], 4);
    await dying.call("demo.Greeter", "a", { attachments: { user: "jason" } });
    for (const socket of v2.sockets) socket.destroy();
    expect(await dying.closed).toBe(0);
  });

  it("carries a first call of 16 MiB, which its attachment routes, and what comes behind it", async () => {
    const client = await connect();
    const args = ["a".repeat(LONG_BYTES)];
    const first = client.call("demo.Greeter", "long", { args, attachments: { user: "jason" } });
    const second = client.call("demo.Greeter", `sized${MIB}`);
    expect(answerText(await first)).toBe("v2 long");
    expect(String(answerText(await second))).toHaveLength(`v2 sized${MIB} `.length - 1 + MIB);
    expect(v2.calls.at(-2)?.bytes.length).toBeGreaterThan(LONG_BYTES);
    client.close();
  });

  it("carries a first call of 16 MiB that its head routes", async () => {
    const client = await DubboClient.connect(envoy.port("by-method"));
    const args = ["a".repeat(LONG_BYTES)];
    expect(answerText(await client.call("demo.Greeter", "jason", { args }))).toBe("v2 jason");
    client.close();
  });

  it("takes calls in small pieces, and many at once", async () => {
    const [piecewise, pipelined] = [await connect(), await connect()];
    const message = encodeCall({ id: 99, service: "demo.Greeter", method: "slow", attachments: { user: "jason" } });
    const answer = piecewise.exchange(99n, message.subarray(0, 7));
    for (let at = 7; at < message.length; at += 7) {
      await new Promise((resolve) => setImmediate(resolve));
      piecewise.socket.write(message.subarray(at, at + 7));
    }
    expect(answerText(await answer)).toBe("v2 slow");
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => pipelined.call("demo.Greeter", `m${i}`)));
    for (const [i, one] of answers.entries()) expect(answerText(one)).toBe(`v1 m${i}`);
    for (const client of [piecewise, pipelined]) client.close();
  });

  it("lets heartbeats that come first wait for the first call", async () => {
    const client = await connect();
    let answered = false;
    const heartbeat = client.exchange(77n, encodeHeartbeat(77n)).then((message) => {
      answered = true;
      return message;
    });
    await envoy.waitForStat(["meltemi_connections_total", "listener=dubbo"]);
    expect(answered).toBe(false);
    expect(answerText(await client.call("demo.Greeter", "a", { attachments: { user: "jason" } }))).toBe("v2 a");
    expect((await heartbeat).id).toBe(77n);
    client.close();
  });

  it("lets a client end its side and wait for the answer, but not without a call", async () => {
    const [client, silent] = [await connect(), await connect()];
    const answer = client.call("demo.Greeter", "a");
    client.socket.end();
    expect(answerText(await answer)).toBe("v1 a");
    silent.socket.write(encodeCall({ id: 1, service: "demo.Greeter", method: "a" }).subarray(0, 20));
    silent.socket.end();
    expect(await silent.closed).toBe(0);
  });

  it("follows a new table with new connections, and keeps the old ones where they are", async () => {
    const old = await connect();
    expect(answerText(await old.call("demo.Greeter", "a"))).toBe("v1 a");
    push(table("v2"));
    await envoy.waitFor("new connections follow the new table", async () => {
      const fresh = await connect();
      const answer = answerText(await fresh.call("demo.Greeter", "b"));
      fresh.close();
      return answer === "v2 b";
    });
    expect(answerText(await old.call("demo.Greeter", "c"))).toBe("v1 c");
    old.close();
  });
});

describe("mode connection on Envoy 1.36", () => {
  it("is refused with a reason, rather than that connections hang", async () => {
    const directory = mkdtempSync(join(tmpdir(), "meltemi-modes-"));
    const file = join(directory, "ecds.json");
    writeFileSync(file, ecdsFile("dubbo", table("v1"), "connection"));
    // The chain of the other mode: in a bootstrap, unlike in LDS, 1.36 takes no field that it does not know.
    const listeners = [{ name: "dubbo", config: { ecdsFile: file }, mode: "observe" as const, cluster: "v1" }];
    const { v1, v2, clusters } = await upstreams();
    const envoy = await TestEnvoy.start(OLD, listeners, clusters);
    await envoy.waitForStat(["extension_config_discovery", "update_rejected"]);
    const refusal = "root_id: mode connection needs Envoy 1.37 or later";
    await envoy.waitFor("the refusal is said", () => envoy.log.some((line) => line.includes(refusal)));
    const client = await DubboClient.connect(envoy.port("dubbo"));
    await expect(client.call("demo.Greeter", "a")).rejects.toThrow("closed before the answer");
    await envoy.stop();
    await v1.close();
    await v2.close();
    rmSync(directory, { recursive: true });
  });
});

describe.each(VERSIONS)("mode observe on $name", (version) => {
  let envoy: TestEnvoy;
  let v1: DubboServer;
  let v2: DubboServer;
  let silent: DubboServer;
  let nonsense: DubboServer;

  const connect = (listener = "v1") => DubboClient.connect(envoy.port(listener));
  const counted = (status: string, least: number) =>
    envoy.waitForStat(["meltemi_requests_total", "service=greeter", "cluster=v1", `status=${status}`], least);

  beforeAll(async () => {
    const { clusters, ...servers } = await upstreams();
    ({ v1, v2 } = servers);
    const config = (cluster: string) => ({
      virtual_hosts: [{ name: "greeter", services: ["demo.Greeter"], routes: [{ route: { cluster } }] }],
    });
    const listeners = ["v1", "dead", "silent", "nonsense"].map((cluster) => {
      return { name: cluster, config: config(cluster), mode: "observe" as const, cluster };
    });
    silent = await DubboServer.start("silent", () => {});
    nonsense = await DubboServer.start("nonsense", (_call, socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const others = [silent, nonsense].map(({ name, port }) => ({ name, ports: [port] }));
    envoy = await TestEnvoy.start(version, listeners, [...clusters, ...others]);
  });

  afterAll(async () => {
    await envoy.stop();
    await v1.close();
    await v2.close();
    await silent.close();
    await nonsense.close();
  });

  it("counts calls and answers with their durations, whatever their size", async () => {
    const client = await connect();
    const answers = await Promise.all([
      client.call("demo.Greeter", "short"),
      client.call("demo.Greeter", `sized${MIB}`, { args: ["a".repeat(MIB)] }),
      ...Array.from({ length: 200 }, (_, i) => client.call("demo.Greeter", `m${i % 3}`)),
    ]);
    for (const answer of answers) expect(String(answerText(answer))).toMatch(/^v1 /);
    await counted("20", 202);
    await envoy.waitFor("durations are there", async () => {
      return (await envoy.get("/stats?usedonly&filter=meltemi_request_duration")).includes("method=short");
    });
    client.close();
  });

  it("counts a call whose connection ends before its answer", async () => {
    const client = await connect("silent");
    const call = client.call("demo.Greeter", "never");
    await envoy.waitFor("the call has arrived", () => silent.calls.length === 1);
    client.close();
    await expect(call).rejects.toThrow("closed before the answer");
    await envoy.waitForStat(["meltemi_requests_total", "method=never", "cluster=silent", "status=unanswered"]);
  });

  it("closes a connection on which the client does not speak Dubbo", async () => {
    const [foreign, late] = [await connect(), await connect()];
    foreign.socket.write("GET / HTTP/1.1\r\n\r\n");
    expect(await foreign.closed).toBe(0);
    await late.call("demo.Greeter", "a");
    late.socket.write("nonsense");
    expect(await late.closed).toBe(0);
    await envoy.waitForStat(["connections_closed_total", "reason=not_this_protocol"], 2);
  });

  it("closes a connection on which the upstream does not speak Dubbo", async () => {
    const client = await connect("nonsense");
    // It would not take these bytes for an answer either.
    client.socket.removeAllListeners("data").resume();
    await expect(client.call("demo.Greeter", "a")).rejects.toThrow("closed before the answer");
    await envoy.waitForStat(["connections_closed_total", "listener=nonsense", "reason=bad_answer"]);
    await envoy.waitForStat(["meltemi_requests_total", "cluster=nonsense", "status=unanswered"]);
  });

  it("closes with its upstream", async () => {
    const client = await connect("dead");
    expect(await client.closed).toBe(0);
  });
});
