import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { ADAPTER_CLUSTER, discoveredFilter } from "../../adapter/istio/discovered-filter.js";
import { createLogger } from "../../adapter/log/logger.js";
import type { Mesh } from "../../adapter/model/model.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import { wasmFilter } from "../../adapter/xds/extension-configs.js";
import type { JsonObject } from "../../adapter/xds/json.js";
import { selfContainedTunnelFilter } from "../../adapter/xds/tunnel.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { freePort } from "./envoy-under-test.js";
import { meshOf, reviews, routeTo } from "./mesh.js";

const SERVICE = "org.example.Reviews";
const WASM = fileURLToPath(new URL("../../dist/meltemi.wasm", import.meta.url));
const FILTER = { listener: "outbound_dubbo_20880", protocol: "dubbo", mode: "call" } as const;
const CLUSTERS = ["v1", "v2", ""].map((subset) => `outbound|20880|${subset}|reviews.prod.svc.cluster.local`);
const log = createLogger({ level: "silent" });

/** An Envoy whose listeners and clusters are somebody else's, and whose filter comes from the adapter. */
describe("a filter in an Envoy that has all the rest from somebody else", () => {
  let servers: DubboServer[];
  let envoy: EnvoyProcess;
  let adapter: ControlPlane | undefined;
  let adapterPort: number;
  let listenerPort: number;

  async function startEnvoy(fallback?: JsonObject): Promise<void> {
    adapterPort = await freePort();
    listenerPort = await freePort();
    const filters = [discoveredFilter(FILTER.listener, fallback), selfContainedTunnelFilter("tunnel")];
    const bootstrap = {
      node: { id: "sidecar~10.0.0.1~client.prod~prod.svc.cluster.local", cluster: "client.prod" },
      admin: { address: socket(0) },
      static_resources: {
        clusters: [
          { ...cluster(ADAPTER_CLUSTER, adapterPort), typed_extension_protocol_options: HTTP2 },
          ...CLUSTERS.map((name, i) => cluster(name, servers[i]?.port ?? 0)),
        ],
        listeners: [{ name: "other", address: socket(listenerPort), filter_chains: [{ filters }] }],
      },
    };
    const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
    envoy = await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log });
  }

  async function startAdapter(mesh: Mesh): Promise<void> {
    adapter = await startControlPlane({
      xds: { address: "127.0.0.1", port: adapterPort },
      listen: [],
      code: { kind: "inline", bytes: readFileSync(WASM) },
      log,
    });
    adapter.setMesh(mesh);
    await adapter.synchronized();
  }

  async function stopAdapter(): Promise<void> {
    await adapter?.close();
    adapter = undefined;
  }

  const match = [{ name: "user", invert: false, kind: "exact", value: "jason" }] as const;
  const jasonTo = (subset: string) => meshOf([reviews()], [routeTo(subset, { match }), routeTo("v1")]);
  const ask = async (client: DubboClient, user = "jason") =>
    answerText(await client.call(SERVICE, "hello", { attachments: { user } }));

  beforeEach(async () => {
    servers = await Promise.all(["v1", "v2", "whole"].map((name) => DubboServer.start(name)));
  });

  afterEach(async () => {
    await envoy.stop();
    await stopAdapter();
    for (const server of servers) await server.close();
  });

  it("routes each call, follows the routes on connections that exist, and goes on without the adapter", async () => {
    await startEnvoy();
    await startAdapter(jasonTo("v2"));
    await envoy.ready();
    const client = await DubboClient.connect(listenerPort);
    expect([await ask(client), await ask(client, "mary")]).toEqual(["v2 hello", "v1 hello"]);
    adapter?.setMesh(jasonTo("v1"));
    await adapter?.synchronized();
    await expect.poll(() => ask(client)).toBe("v1 hello");
    await stopAdapter();
    expect(await ask(client)).toBe("v1 hello");
    await startAdapter(jasonTo("v2"));
    await expect.poll(() => ask(client)).toBe("v2 hello");
    client.close();
  });

  it("serves the service's whole cluster where the adapter is away when it starts, until it is there", async () => {
    const table = { virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: CLUSTERS[2] } }] }] };
    await startEnvoy(wasmFilter(FILTER, table, { kind: "file", path: WASM }));
    await envoy.ready();
    const before = await DubboClient.connect(listenerPort);
    expect(await ask(before)).toBe("whole hello");
    await startAdapter(jasonTo("v2"));
    const after = await DubboClient.connect(listenerPort);
    expect(await ask(after)).toBe("v2 hello");
    expect(await ask(before)).toMatch(/hello$/);
    before.close();
    after.close();
  });
});

const HTTP2 = {
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http2_protocol_options: {} },
  },
};

function socket(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function cluster(name: string, port: number): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: socket(port) } }] }];
  return { name, type: "STATIC", load_assignment: { cluster_name: name, endpoints } };
}
