import { readFileSync } from "node:fs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { EmulatedEnvoy, filterModule } from "../emulator/envoy.js";
import { DEFAULT_PEER } from "../emulator/peer/options.js";
import { Http2Peer } from "../emulator/peer/peer.js";
import { answerText, encodeCall } from "../support/dubbo.js";
import { buildFilter, type Patch } from "../support/filter-build.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

/** The defect: the name of a method, in a build that this test makes for itself. */
const MAGIC = "trapnow";
const DEFECT: Patch[] = [
  [
    "filter/codec/dubbo/request.ts",
    "  message.methodBytes = textBytes;\n",
    "  message.methodBytes = textBytes;\n  if (textBytes == 7 && load<u32>(textAddress) == 0x70617274) unreachable();\n",
  ],
];
const CONFIG = { virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] }] };
/** So many that with two workers each has some. */
const CONNECTIONS = 12;

let defective: string;
beforeAll(async () => {
  defective = await buildFilter(DEFECT);
}, 240_000);

describe("the defect", () => {
  function callMagic(module: WebAssembly.Module): number {
    const envoy = new EmulatedEnvoy(module);
    expect(envoy.configureWorker("dubbo", JSON.stringify(CONFIG))).toBe(true);
    const peers: Http2Peer[] = [];
    const connection = envoy.connect("dubbo", (made) => {
      peers.push(new Http2Peer(made, envoy.loop, DEFAULT_PEER));
      return peers[0] as Http2Peer;
    });
    connection.receive(encodeCall({ id: 1, service: "a.B", method: MAGIC }));
    envoy.run();
    return peers[0]?.tunnel("v1").received.length ?? 0;
  }

  it("is in the build with the patch, and not in the one that is released", () => {
    expect(() => callMagic(new WebAssembly.Module(readFileSync(defective)))).toThrow("unreachable");
    expect(callMagic(filterModule())).toBeGreaterThan(0);
  });
});

const RUNS = VERSIONS.flatMap((version) => [1, 2].map((workers) => ({ version, workers, name: version.name })));

describe.each(RUNS)("a trap in the filter, on $name with $workers workers", ({ version, workers }) => {
  let envoy: TestEnvoy | undefined;
  let v1: DubboServer | undefined;

  afterEach(async () => {
    await envoy?.stop({ afterTrap: true });
    await v1?.close();
  });

  it("ends the connections of its worker on all listeners, and the next ones find a new VM", async () => {
    v1 = await DubboServer.start("v1");
    const listeners = ["dubbo", "other"].map((name) => ({ name, config: CONFIG, filter: defective }));
    envoy = await TestEnvoy.start(version, listeners, [{ name: "v1", ports: [v1.port] }], workers);
    const running = envoy;
    const port = (listener: string) => running.port(listener);
    const names = Array.from({ length: CONNECTIONS }, (_, i) => (i % 2 ? "other" : "dubbo"));
    const clients = await Promise.all(names.map((name) => DubboClient.connect(port(name))));
    for (const client of clients) expect(answerText(await client.call("a.B", "hello"))).toBe("v1 hello");
    const counted = await envoy.waitForStat(["meltemi_requests_total", "status=20"], CONNECTIONS);
    await envoy.waitForStat(["meltemi_connections_active"], CONNECTIONS);

    await expect(clients[0]?.call("a.B", MAGIC)).rejects.toThrow("closed");
    // The others of the worker, of both listeners, end with their next event; those of another worker go on.
    const outcomes = await Promise.all(clients.slice(1).map((client) => answers(client)));
    const alive = outcomes.filter((answered) => answered).length;
    if (workers === 1) expect(alive).toBe(0);
    else {
      expect(alive).toBeGreaterThan(0);
      expect(alive).toBeLessThan(CONNECTIONS - 1);
    }

    // Within the back-off of a second new connections of that worker are reset; then one makes the new VM.
    await envoy.waitFor("a new VM", async () => {
      await answersOnce(port("dubbo"));
      return [...(await running.stats())].some(([name, value]) => name.includes("vm_reload_success") && value > 0);
    });
    for (const name of ["dubbo", "other"]) {
      await envoy.waitFor(`a call by ${name} is answered`, () => answersOnce(port(name)));
    }
    for (let i = 0; i < CONNECTIONS; i++) {
      await envoy.waitFor("calls on all workers are answered", () => answersOnce(port("dubbo")));
    }
    // Envoy keeps what it was told, and the new VM goes on with the same statistics.
    const now = await envoy.waitForStat(["meltemi_requests_total", "status=20"], counted + CONNECTIONS);
    expect(now).toBeGreaterThanOrEqual(counted + CONNECTIONS);
    const connections = await envoy.waitForStat(["meltemi_connections_total", "listener"], 2 * CONNECTIONS);
    expect(connections).toBeGreaterThanOrEqual(2 * CONNECTIONS);
    for (const client of clients) client.close();
    // What the dead VM had told of its connections is taken back by another VM, ten seconds after its last sign of life.
    await envoy.waitFor("gauges without the dead", async () => (await active(running)) === 0);
  });
});

/** Connections of all listeners, as the gauges have them. */
async function active(envoy: TestEnvoy): Promise<number> {
  const gauges = [...(await envoy.stats())].filter(([name]) => name.includes("meltemi_connections_active"));
  return gauges.reduce((sum, [, value]) => sum + value, 0);
}

async function answers(client: DubboClient): Promise<boolean> {
  try {
    return answerText(await client.call("a.B", "hello")) === "v1 hello";
  } catch {
    return false;
  }
}

async function answersOnce(port: number): Promise<boolean> {
  const client = await DubboClient.connect(port);
  const answered = await answers(client);
  client.close();
  return answered;
}
