import { createHash } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Endpoint, Mesh, Service, TrafficPolicy } from "../../adapter/model/model.js";
import { EnvoyUnderTest } from "./envoy-under-test.js";
import { endpoint, meshOf, reviews, routeTo } from "./mesh.js";
import { compileStubFilter, STUB_MAX_TABLE_BYTES } from "./stub-filter.js";

const V1 = "outbound|20880|v1|reviews.prod.svc.cluster.local";
const V2 = "outbound|20880|v2|reviews.prod.svc.cluster.local";
const ALL = "outbound|20880||reviews.prod.svc.cluster.local";
const BASE = meshOf([reviews()], [routeTo("v2"), routeTo(undefined)]);

const CASES = ["MELTEMI_TEST_ENVOY_1_40", "MELTEMI_TEST_ENVOY_1_36"].flatMap((variable) =>
  (["delta", "sotw"] as const).map((mode) => ({ variable, mode })),
);

describe.each(CASES)("ADS ($mode) to $variable", ({ variable, mode }) => {
  let envoy: EnvoyUnderTest;

  beforeAll(async () => {
    const code = { kind: "inline", bytes: await compileStubFilter() } as const;
    envoy = await EnvoyUnderTest.start(process.env[variable] as string, mode, code, BASE);
  });

  afterAll(async () => {
    await envoy.stop();
  });

  it("brings clusters and listeners into force", async () => {
    expect(await envoy.clusters()).toEqual(["meltemi_xds", V1, V2, ALL].sort());
    const { listener_statuses } = (await envoy.get("/listeners?format=json")) as { listener_statuses: object[] };
    const local_address = { socket_address: { address: "127.0.0.1", port_value: envoy.listenerPort } };
    expect(listener_statuses).toMatchObject([{ name: `outbound_dubbo_${envoy.listenerPort}`, local_address }]);
    expect(await envoy.stat("cluster_manager.warming_clusters")).toBe(0);
  });

  it("brings a change of routes by ECDS alone", async () => {
    await envoy.serve(BASE);
    const modified = await envoy.stat("listener_manager.listener_modified");
    const steps = await envoy.serve(meshOf([reviews()], [routeTo("v1"), routeTo(undefined)]));
    expect(steps).toEqual(["+ECDS", "ECDS"]);
    expect(await envoy.stat("listener_manager.listener_modified")).toBe(modified);
  });

  it("shows what Envoy refuses, and what was in force stays so", async () => {
    await envoy.serve(BASE);
    const name = `outbound_dubbo_${envoy.listenerPort}`;
    const rejected = `extension_config_discovery.network_filter.${name}.update_rejected`;
    const before = (await envoy.stat(rejected)) ?? 0;
    envoy.controlPlane.setMesh(meshOf([reviews()], [routeTo("v2", { name: "x".repeat(STUB_MAX_TABLE_BYTES) })]));
    await expect(envoy.controlPlane.synchronized()).rejects.toThrow(`node node-1 refuses ECDS ${name}: `);
    expect(await envoy.stat(rejected)).toBe(before + 1);
    expect(await envoy.serve(BASE)).toEqual(["+ECDS", "ECDS"]);
  });

  it("routes to a new cluster only when it is warm, and drops the old one last", async () => {
    await envoy.serve(BASE);
    const host = "ratings.prod.svc.cluster.local";
    const ratings = reviews({ host, subsets: [] });
    const destinations = [{ host, subset: undefined, port: 20880, weight: 100 }];
    const steps = await envoy.serve(meshOf([ratings], [routeTo(undefined, { destinations })]));
    expect(await envoy.clusters()).toEqual(["meltemi_xds", `outbound|20880||${host}`].sort());
    const route = steps.indexOf("+ECDS");
    expect(steps.slice(0, route)).toEqual(expect.arrayContaining(["+CDS", "CDS", "+EDS", "EDS"]));
    expect(steps.slice(route).filter((step) => step !== "+EDS" && step !== "EDS")).toEqual([
      "+ECDS",
      "ECDS",
      "+CDS",
      "CDS",
    ]);
  });

  it("takes a cluster that changed while its endpoints did not", async () => {
    await envoy.serve(BASE);
    const policies: TrafficPolicy[] = [
      { loadBalancer: { kind: "RING_HASH", minimumRingSize: 8 } },
      { loadBalancer: { kind: "MAGLEV", tableSize: 251 } },
      { loadBalancer: { kind: "RANDOM" }, connectionPool: { connect_timeout_ms: 250, tcpKeepalive: { time_s: 5 } } },
      {
        outlierDetection: { consecutive5xx: 3, interval_ms: 500, baseEjectionTime_ms: 1_000, maxEjectionPercent: 100 },
      },
      { tls: { mode: "SIMPLE", insecureSkipVerify: true } },
    ];
    for (const trafficPolicy of policies) {
      await envoy.serve(meshOf([reviews({ trafficPolicy })], [routeTo("v2"), routeTo(undefined)]));
      expect(await envoy.stat("cluster_manager.warming_clusters")).toBe(0);
      expect(await envoy.stat(`cluster.${ALL}.init_fetch_timeout`)).toBe(0);
    }
  });

  it("takes endpoints of both families, names to resolve, and localities", async () => {
    const dual = reviews({
      endpoints: [
        endpoint({ addresses: ["127.0.0.1", "::1"], weight: 3 }),
        endpoint({ addresses: ["::1"], locality: { region: "eu", zone: "b", subZone: "rack-1" } }),
      ],
    });
    const named = reviews({
      host: "localhost",
      resolution: "DNS",
      endpoints: [endpoint({ addresses: ["localhost"] })],
      subsets: [],
    });
    await envoy.serve(meshOf([named, dual], [routeTo("v2")]));
    expect(await envoy.clusters()).toContain("outbound|20880||localhost");
  });

  it("serves an update whose code has to be fetched once it is there", async () => {
    const bytes = await compileStubFilter();
    const server = createHttpServer((_request, response) => response.end(bytes));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const uri = `http://127.0.0.1:${port}/meltemi.wasm`;
    // The cluster that code is fetched through is the node's own; one that is served does here.
    const name = "code.example";
    const code = { kind: "remote", uri, sha256, cluster: `outbound|${port}||${name}` } as const;
    const source = reviews({
      host: name,
      ports: [{ number: port, name: "http", protocol: "dubbo" }],
      endpoints: [endpoint({ addresses: ["127.0.0.1"] })],
      subsets: [],
    });
    const mesh = meshOf([source, reviews()], [routeTo("v2"), routeTo(undefined)]);
    await envoy.serve(mesh);
    const steps = await envoy.restartControlPlane(mesh, code);
    expect(steps.filter((step) => step.endsWith("ECDS")).length).toBeGreaterThan(2);
    server.close();
    await envoy.restartControlPlane(BASE, { kind: "inline", bytes });
  });

  it("goes on with what it has when the control plane is replaced", async () => {
    await envoy.serve(BASE);
    const sent = (await envoy.restartControlPlane(BASE)).filter((step) => step.startsWith("+"));
    // A table's version is the time of its change, and a new control plane knows no earlier one. No cluster, no listener.
    expect(sent).toEqual(["+ECDS"]);
    const steps = await envoy.serve(meshOf([reviews()], [routeTo("v1")]));
    expect(steps).toEqual(["+ECDS", "ECDS"]);
  });

  describe("a tunnel", () => {
    let upstream: Server;
    let upstreamPort: number;

    beforeAll(async () => {
      upstream = createServer((socket) => socket.pipe(socket));
      await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
      upstreamPort = (upstream.address() as AddressInfo).port;
    });

    afterAll(async () => {
      await new Promise((resolve) => upstream.close(resolve));
    });

    /** Endpoints that refuse, and with `alive` one that answers. */
    function service(alive: boolean, trafficPolicy: TrafficPolicy = {}): Service {
      const dead = [1, 2, 3].map((n) => endpoint({ addresses: [`127.0.0.${n + 1}`], ports: { dubbo: 1 } }));
      const good = endpoint({ addresses: ["127.0.0.1"], ports: { dubbo: upstreamPort } });
      return reviews({ endpoints: alive ? [...dead, good] : dead, subsets: [], trafficPolicy });
    }

    function mesh(alive: boolean, trafficPolicy?: TrafficPolicy): Mesh {
      return meshOf([service(alive, trafficPolicy)], [routeTo(undefined)]);
    }

    it("passes over hosts that refuse, and names the one that it leads to", async () => {
      await envoy.serve(mesh(true));
      const answers = [];
      for (let i = 0; i < 8; i++) answers.push(await echoThroughTunnel(envoy.listenerPort, ALL, "hello"));
      const host = `127.0.0.1:${upstreamPort}`;
      for (const { headers, body } of answers) {
        expect(headers).toMatchObject({
          ":status": 200,
          "x-meltemi-upstream-host": host,
          "x-meltemi-response-flags": "-",
        });
        expect(body).toBe("hello");
      }
    });

    /** Hosts that answer, one for each weight: 127.0.0.1 and on. */
    async function withHosts(
      weights: readonly number[],
      test: (endpoints: Endpoint[], servers: readonly Server[]) => Promise<void>,
    ) {
      const servers = await Promise.all(
        weights.map(async (_, index) => {
          const server = createServer((socket) => void socket.on("error", () => undefined).pipe(socket));
          await new Promise<void>((resolve) => server.listen(0, `127.0.0.${index + 1}`, resolve));
          return server;
        }),
      );
      const endpoints = servers.map((server, index) => {
        const { address, port } = server.address() as AddressInfo;
        return endpoint({ addresses: [address], ports: { dubbo: port }, weight: weights[index] as number });
      });
      try {
        await test(endpoints, servers);
      } finally {
        await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      }
    }

    /** Tunnels for each host of so many that are open at one time, in the order of the addresses. */
    async function spread(tunnels: number): Promise<readonly number[]> {
      const session = connect(`http://127.0.0.1:${envoy.listenerPort}`);
      const counts = new Map<string, number>();
      for (let i = 0; i < tunnels; i++) {
        const { headers } = await openTunnel(session, ALL);
        const host = String(headers["x-meltemi-upstream-host"]);
        counts.set(host, (counts.get(host) ?? 0) + 1);
      }
      session.destroy();
      return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
    }

    it.each([
      // Sixteen draws may miss the one that has fewest, one time in a hundred.
      ["evenly where they weigh the same", [1, 1, 1, 1], 16, (counts: readonly number[]) => Math.max(...counts) <= 5],
      ["by their weights", [9, 1], 40, ([, light = 0]: readonly number[]) => light >= 2 && light <= 6],
    ])("leads to hosts %s", async (_, weights, tunnels, isRight) => {
      await withHosts(weights, async (endpoints) => {
        await envoy.serve(meshOf([reviews({ endpoints, subsets: [] })], [routeTo(undefined)]));
        const counts = await spread(tunnels);
        expect(counts.length).toBe(weights.length);
        expect(isRight(counts), counts.join(" ")).toBe(true);
      });
    });

    it("leads away from hosts that cannot be connected, however many", async () => {
      await withHosts([1, 1], async (alive) => {
        const dead = [3, 4, 5, 6, 7, 8].map((n) => endpoint({ addresses: [`127.0.0.${n}`], ports: { dubbo: 1 } }));
        await envoy.serve(meshOf([reviews({ endpoints: [...dead, ...alive], subsets: [] })], [routeTo(undefined)]));
        let reached: readonly number[] = [];
        do {
          const session = connect(`http://127.0.0.1:${envoy.listenerPort}`);
          const answers = await Promise.all(Array.from({ length: 16 }, () => openTunnel(session, ALL)));
          reached = answers.map(({ headers }) => Number(headers[":status"]));
          session.destroy();
        } while (reached.includes(503));
        expect(await envoy.stat(`cluster.${ALL}.outlier_detection.ejections_active`)).toBe(6);
        expect(await envoy.stat(`cluster.${ALL}.lb_healthy_panic`)).toBe(0);
      });
      // All of them are gone now, and so none is better than another: each is tried, and says why not.
      const refused = await echoThroughTunnel(envoy.listenerPort, ALL, "");
      expect(refused.headers).toMatchObject({ ":status": 503 });
    });

    it("leads to a host that is back but still counts as gone, when the last other one goes a moment later", async () => {
      await withHosts([1, 1], async (endpoints, servers) => {
        const [first, second] = servers as [Server, Server];
        const { address, port } = first.address() as AddressInfo;
        await envoy.serve(meshOf([reviews({ endpoints, subsets: [] })], [routeTo(undefined)]));
        // Envoy's window (update_merge_window), in which changes that follow another wait, begins with the first that comes after quiet.
        await sleep(1_100);
        await new Promise((resolve) => first.close(resolve));
        while ((await envoy.stat(`cluster.${ALL}.outlier_detection.ejections_active`)) === 0) {
          await echoThroughTunnel(envoy.listenerPort, ALL, "hello");
        }
        await new Promise<void>((resolve) => first.listen(port, address, resolve));
        await new Promise((resolve) => second.close(resolve));
        const { headers } = await echoThroughTunnel(envoy.listenerPort, ALL, "hello");
        expect(headers).toMatchObject({ ":status": 200, "x-meltemi-upstream-host": `${address}:${port}` });
      });
    });

    it("says why there is none", async () => {
      await envoy.serve(mesh(false));
      const refused = await echoThroughTunnel(envoy.listenerPort, ALL, "");
      expect(refused.headers).toMatchObject({
        ":status": 503,
        "x-meltemi-response-flags": expect.stringMatching(/UF/),
      });
      const unknown = await echoThroughTunnel(envoy.listenerPort, "nowhere", "");
      expect(unknown.headers).toMatchObject({ ":status": 503, "x-meltemi-response-flags": "NC" });
    });

    it("leads away from hosts that outlier detection has ejected", async () => {
      const outlierDetection = { consecutive5xx: 1, baseEjectionTime_ms: 60_000, maxEjectionPercent: 100 };
      await envoy.serve(mesh(true, { outlierDetection }));
      // Without ejections the draws do not pass three of four hosts over.
      const failures = () => envoy.stat(`cluster.${ALL}.upstream_cx_connect_fail`);
      let before: number | undefined;
      do {
        before = await failures();
        for (let i = 0; i < 16; i++) await echoThroughTunnel(envoy.listenerPort, ALL, "hello");
      } while (before !== (await failures()));
      expect(await envoy.stat(`cluster.${ALL}.outlier_detection.ejections_active`)).toBe(3);
    });
  });
});

/** Opens a tunnel as the filter does. */
async function openTunnel(
  session: ClientHttp2Session,
  cluster: string,
): Promise<{ readonly stream: ClientHttp2Stream; readonly headers: IncomingHttpHeaders }> {
  const stream = session.request(
    { ":method": "CONNECT", ":authority": "meltemi", "x-meltemi-cluster": cluster },
    { endStream: false },
  );
  const headers = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
    stream.once("response", resolve);
    stream.once("error", reject);
  });
  stream.on("error", () => undefined);
  return { stream, headers };
}

/** Opens a tunnel as the filter does, sends bytes, and returns the first ones that come back. */
async function echoThroughTunnel(
  port: number,
  cluster: string,
  bytes: string,
): Promise<{ readonly headers: IncomingHttpHeaders; readonly body: string }> {
  const session = connect(`http://127.0.0.1:${port}`);
  const { stream, headers } = await openTunnel(session, cluster);
  let body = "";
  if (Number(headers[":status"]) === 200) {
    stream.write(bytes);
    body = await new Promise<string>((resolve) => stream.once("data", (data: Buffer) => resolve(data.toString())));
  }
  session.destroy();
  return { headers, body };
}
