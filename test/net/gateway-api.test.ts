// A Gateway of the Gateway API: its routes over both families, at a real Envoy.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { formatAddress } from "../../adapter/xds/address.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { ask, curl, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import type { Plane } from "./support/plane.js";

const GREETER = "demo.Greeter";
const DUBBO = 20880;
const TCP = 7000;
const HTTP = 8000;
const SERVER = 8080;
const SECOND = 8081;

const api = (kind: string, name: string, spec: object) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind,
  metadata: { name, namespace: "prod" },
  spec,
});

/** A Service of prod, with one endpoint at each address. */
function service(
  name: string,
  port: number,
  addresses: readonly string[],
  portName = "main",
  targetPort = port,
): readonly object[] {
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
      ports: [{ name: portName, port: targetPort }],
      endpoints: [{ addresses: [address] }],
    })),
  ];
}

const GATEWAY = api("Gateway", "edge", {
  gatewayClassName: "meltemi",
  listeners: [
    { name: "dubbo", port: DUBBO, protocol: "networking.meltemi.io/dubbo" },
    { name: "tcp", port: TCP, protocol: "TCP" },
    { name: "http", port: HTTP, protocol: "HTTP" },
  ],
});

const parentRefs = [{ name: "edge", sectionName: "http" }];
const [V1, V2] = [
  { name: "web-v1", port: SERVER },
  { name: "web-v2", port: SECOND },
];

const ROUTES = [
  api("HTTPRoute", "web", {
    parentRefs,
    hostnames: ["web.example.com"],
    rules: [
      { backendRefs: [V1] },
      { matches: [{ headers: [{ name: "version", value: "v0-0-2" }] }], backendRefs: [V2] },
      {
        matches: [{ path: { value: "/half" } }],
        backendRefs: [
          { ...V1, weight: 1 },
          { ...V2, weight: 1 },
        ],
      },
      {
        matches: [{ path: { value: "/old" } }],
        filters: [
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
          {
            type: "RequestHeaderModifier",
            requestHeaderModifier: { set: [{ name: "X-Share", value: "100%" }], remove: ["x-gone"] },
          },
        ],
        backendRefs: [V1],
      },
      {
        matches: [{ path: { value: "/left" } }],
        filters: [
          {
            type: "RequestRedirect",
            requestRedirect: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
          },
        ],
      },
      {
        matches: [{ path: { value: "/copied" } }],
        filters: [{ type: "RequestMirror", requestMirror: { backendRef: V2 } }],
        backendRefs: [V1],
      },
      {
        matches: [{ path: { type: "Exact", value: "/moved" } }],
        filters: [{ type: "RequestRedirect", requestRedirect: { hostname: "b.example.com", statusCode: 301 } }],
      },
      { matches: [{ path: { value: "/gone" } }], backendRefs: [{ name: "gone", port: 80 }] },
    ],
  }),
  api("GRPCRoute", "greeter", {
    parentRefs,
    hostnames: ["grpc.example.com"],
    rules: [{ matches: [{ method: { service: "hello.Greeter" } }], backendRefs: [{ name: "grpc", port: SERVER }] }],
  }),
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
    for (const [name, port] of [
      ["web-v1", SERVER],
      ["web-v2", SECOND],
    ] as const) {
      const web = await startHttpServer(servers, name, port);
      closers.push(() => web.stop());
    }
    const grpc = await startGreeter(plane.ipv6);
    closers.push(async () => grpc.server.forceShutdown());
    await write("services", [
      ...service("greeter-v1", v1.port, [plane.ipv4], "dubbo"),
      ...service("greeter-v2", v2.port, [plane.ipv6], "dubbo"),
      ...service("web-v1", SERVER, [servers.ipv4 ?? "", servers.ipv6 ?? ""]),
      ...service("web-v2", SECOND, [servers.ipv4 ?? ""]),
      ...service("grpc", SERVER, [plane.ipv6], "main", grpc.port),
    ]);
    await write("gateway", [GATEWAY, ...ROUTES]);
    adapter = await Adapter.start(control, "--config", directory);
    const node = `router~${edge.ip}~edge.prod~prod.svc.cluster.local`;
    const label = "gateway.networking.k8s.io/gateway-name=edge";
    const bootstrap = await adapter.bootstrapOf(edge, node, "--namespace", "prod", "--label", label);
    envoy = await startEnvoy(edge.as(PROXY), bootstrap);
    await vi.waitUntil(async () => (await listeners()).length === 3, { timeout: 20_000 });
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

  /** Sent to the Service so far, over both families. */
  async function requestsOf(name: string): Promise<number> {
    const text = await (await fetch(`http://${await envoy.ready()}/stats?filter=${name}.*upstream_rq_total`)).text();
    return Number(/upstream_rq_total: (\d+)/.exec(text)?.[1] ?? 0);
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

    const web = (path: string, ...options: readonly string[]) => {
      return ask(client.inside, `http://${at(family, HTTP)}${path}`, "-H", "host: web.example.com", ...options);
    };

    it("sends requests of HTTPRoutes by header and by weight", async () => {
      expect(await web("/")).toMatchObject({ name: "web-v1" });
      expect(await web("/", "-H", "version: v0-0-2")).toMatchObject({ name: "web-v2" });
      const names: string[] = [];
      for (let nth = 0; nth < 40; nth++) names.push((await web("/half/a")).name);
      // One of 10^12 times it is one of them alone.
      expect(new Set(names)).toEqual(new Set(["web-v1", "web-v2"]));
      // The prefix is one of whole segments.
      expect(await web("/halfway")).toMatchObject({ name: "web-v1", url: "/halfway" });
    });

    it("changes paths and headers", async () => {
      const seen = await web("/old/a?b=c", "-H", "x-gone: 1");
      expect(seen).toMatchObject({ name: "web-v1", url: "/a?b=c", headers: { "x-share": "100%" } });
      expect(seen.headers).not.toHaveProperty("x-gone");
    });

    it("copies requests, sends clients elsewhere, and answers by itself where there is no backend", async () => {
      const before = await requestsOf("web-v2");
      expect(await web("/copied")).toMatchObject({ name: "web-v1" });
      await vi.waitUntil(async () => (await requestsOf("web-v2")) > before, { timeout: 5_000 });
      const url = `http://${at(family, HTTP)}`;
      const asked = (path: string, host: string) => curl(client.inside, url + path, "-H", `host: ${host}`);
      const moved = await curl(client.inside, `${url}/moved`, "-H", "host: web.example.com", "-D", "-");
      expect(moved).toMatchObject({
        status: 301,
        body: expect.stringMatching(/location: http:\/\/b\.example\.com:8000\/moved/),
      });
      const left = await curl(client.inside, `${url}/left/a?b=c`, "-H", "host: web.example.com", "-D", "-");
      expect(left.body).toMatch(/location: http:\/\/web\.example\.com\/a\?b=c/);
      expect(await asked("/gone", "web.example.com")).toMatchObject({ status: 500 });
      expect(await asked("/", "other.example.com")).toMatchObject({ status: 404 });
    });

    it("sends calls of gRPC by their service", async () => {
      expect(await greet(at(family, HTTP), "/hello.Greeter/SayHello")).toBe("hello");
      await expect(greet(at(family, HTTP), "/hello.Other/SayHello")).rejects.toMatchObject({
        code: status.UNIMPLEMENTED,
      });
    });
  });
});

const asIs = (bytes: Buffer) => bytes;

/** Answers with what it is told, whatever that is. */
async function startGreeter(address: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server();
  const method = { path: "/hello.Greeter/SayHello", requestStream: false, responseStream: false } as const;
  const bytes = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService(
    { SayHello: { ...method, ...bytes } },
    {
      SayHello: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, call.request),
    },
  );
  const bind = promisify(server.bindAsync.bind(server));
  return { server, port: await bind(`[${address}]:0`, ServerCredentials.createInsecure()) };
}

/** Says hello by a method, and resolves with the answer. */
async function greet(address: string, method: string): Promise<string> {
  const options = { "grpc.default_authority": "grpc.example.com" };
  const client = new Client(address, credentials.createInsecure(), options);
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(method, asIs, asIs, Buffer.from("hello"), (error, answer) => {
        if (error === null) resolve(String(answer));
        else reject(error);
      });
    });
  } finally {
    client.close();
  }
}
