// A Gateway of the Gateway API: its routes over both families, at a real Envoy.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { formatAddress } from "../../adapter/xds/address.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { ask, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import type { Plane } from "./support/plane.js";

const GREETER = "demo.Greeter";
const DUBBO = 20880;
const TCP = 7000;
const SERVER = 8080;

const api = (kind: string, name: string, spec: object) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind,
  metadata: { name, namespace: "prod" },
  spec,
});

/** A Service of prod, with one endpoint at each address. */
function service(name: string, port: number, addresses: readonly string[], portName = "main"): readonly object[] {
  const ports = [{ name: portName, port }];
  const metadata = { name, namespace: "prod" };
  const labels = { "kubernetes.io/service-name": name };
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { clusterIP: "None", ports } },
    ...addresses.map((address) => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: `${name}-${address.includes(":") ? "v6" : "v4"}`, namespace: "prod", labels },
      addressType: address.includes(":") ? "IPv6" : "IPv4",
      ports,
      endpoints: [{ addresses: [address] }],
    })),
  ];
}

const GATEWAY = api("Gateway", "edge", {
  gatewayClassName: "meltemi",
  listeners: [
    { name: "dubbo", port: DUBBO, protocol: "networking.meltemi.io/dubbo" },
    { name: "tcp", port: TCP, protocol: "TCP" },
  ],
});

const ROUTES = [
  api("TCPRoute", "web", {
    parentRefs: [{ name: "edge", sectionName: "tcp" }],
    rules: [{ backendRefs: [{ name: "web-v1", port: SERVER }] }],
  }),
  {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name: "greeter", namespace: "prod" },
    spec: {
      parentRefs: [{ name: "edge", sectionName: "dubbo" }],
      hosts: [GREETER],
      routes: [
        {
          match: [{ attributes: { user: { exact: "jason" } } }],
          route: [{ destination: { host: "greeter-v2" } }],
        },
        { route: [{ destination: { host: "greeter-v1" } }] },
      ],
    },
  },
];

describe("a Gateway of the Gateway API", () => {
  const closers: (() => Promise<unknown>)[] = [];
  let directory: string;
  let plane: Plane;
  let edge: Host;
  let client: Host;
  let adapter: Adapter;
  let envoy: EnvoyProcess;

  beforeAll(async () => {
    const network = await Network.create();
    closers.push(() => network.remove());
    plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    const servers = await network.addHost("servers", { plane });
    edge = await network.addHost("edge", { plane });
    client = await network.addHost("client", { plane });
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    closers.push(() => rm(directory, { recursive: true }));
    const v1 = await DubboServer.start("v1", undefined, undefined, plane.ipv4);
    closers.push(() => v1.close());
    const v2 = await DubboServer.start("v2", undefined, undefined, plane.ipv6);
    closers.push(() => v2.close());
    const web = await startHttpServer(servers, "web-v1", SERVER);
    closers.push(() => web.stop());
    await write("services", [
      ...service("greeter-v1", v1.port, [plane.ipv4], "dubbo"),
      ...service("greeter-v2", v2.port, [plane.ipv6], "dubbo"),
      ...service("web-v1", SERVER, [servers.ipv4 ?? "", servers.ipv6 ?? ""]),
    ]);
    await write("gateway", [GATEWAY, ...ROUTES]);
    adapter = await Adapter.start(control, "--config", directory);
    const node = `router~${edge.ip}~edge.prod~prod.svc.cluster.local`;
    const label = "gateway.networking.k8s.io/gateway-name=edge";
    const bootstrap = await adapter.bootstrapOf(edge, node, "--namespace", "prod", "--label", label);
    envoy = await startEnvoy(edge.as(PROXY), bootstrap);
    await vi.waitUntil(async () => (await listeners()).length === 2, { timeout: 20_000 });
  });

  afterAll(async () => {
    await envoy?.stop();
    await adapter?.stop();
    for (const close of closers.reverse()) await close();
  });

  /** Moved into place: the adapter must never read half of one. */
  async function write(name: string, resources: readonly object[]): Promise<void> {
    const text = resources.map((one) => `${JSON.stringify(one)}\n`).join("---\n");
    await writeFile(join(directory, `${name}.new`), text);
    await rename(join(directory, `${name}.new`), join(directory, `${name}.yaml`));
  }

  async function listeners(): Promise<readonly string[]> {
    const text = await (await fetch(`http://${await envoy.ready()}/listeners?format=json`)).json();
    return (
      (text as { listener_statuses?: readonly { readonly name: string }[] }).listener_statuses?.map(
        (one) => one.name,
      ) ?? []
    );
  }

  const at = (family: "ipv4" | "ipv6", port: number) => formatAddress({ ip: edge[family] ?? "", port });

  describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
    it("takes calls of Dubbo by a VirtualService's parentRefs", async () => {
      const caller = await DubboClient.connect(DUBBO, undefined, edge[family]);
      expect(answerText(await caller.call(GREETER, "hello"))).toBe("v1 hello");
      expect(answerText(await caller.call(GREETER, "hello", { attachments: { user: "jason" } }))).toBe("v2 hello");
      caller.close();
    });

    it("carries connections of a TCPRoute", async () => {
      expect(await ask(client.inside, `http://${at(family, TCP)}/`)).toMatchObject({ name: "web-v1", url: "/" });
    });
  });
});
