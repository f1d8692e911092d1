// Gateways: each kind of server over both families, with Envoys of both versions.
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls, createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { VERSIONS } from "../envoy/envoy.js";
import { SpokenClient } from "../envoy/spoken/client.js";
import { PROTOCOLS } from "../envoy/spoken/protocols.js";
import { SpokenServer } from "../envoy/spoken/server.js";
import { Authority } from "../support/certificates.js";
import { answerText } from "../support/dubbo.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { ask, curl, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import type { Plane } from "./support/plane.js";

const GREETER = "demo.Greeter";
const DUBBO = 20880;
const SECURE = 20881;
const THRIFT = 9090;
const TCP = 7000;
const TLS = 443;
const REDIRECTED = 80;
const HTTP = 8080;
const HTTPS = 8443;
const CLIENT = "spiffe://cluster.local/ns/prod/sa/client";

describe.each(VERSIONS)("a gateway, $name", ({ path }) => {
  const authority = new Authority("ours");
  const closers: (() => Promise<unknown>)[] = [];
  let directory: string;
  let plane: Plane;
  let edge: Host;
  let v1: DubboServer;
  let v2: DubboServer;
  let adapter: Adapter;
  let envoy: EnvoyProcess;

  beforeAll(async () => {
    const network = await Network.create();
    closers.push(() => network.remove());
    plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    edge = await network.addHost("edge", { plane });
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    closers.push(() => rm(directory, { recursive: true }));
    v1 = await started(DubboServer.start("v1", undefined, undefined, plane.ipv4));
    v2 = await started(DubboServer.start("v2", undefined, undefined, plane.ipv6));
    const [, thrift] = PROTOCOLS;
    if (thrift === undefined) throw new Error("no Thrift");
    const calculator = await started(SpokenServer.start(thrift, plane.ipv4));
    const echo = await echoing(createServer(), "connection", plane.ipv6, "echo");
    const web = await network.addHost("web", { plane });
    await startHttpServer(web, "web", 8000);
    const sealed = await Promise.all(["a.example.com", "b.example.com"].map(sealedServer));
    await writeFile(join(directory, "ca.pem"), authority.certificate);
    const own = authority.issue("rpc.example.com");
    await writeFile(join(directory, "tls.pem"), own.certificate);
    await writeFile(join(directory, "tls.key"), own.key, { mode: 0o644 });
    const shop = authority.issue("shop.example.com");
    await writeFile(join(directory, "shop.pem"), shop.certificate);
    await writeFile(join(directory, "shop.key"), shop.key, { mode: 0o644 });
    await write("services", [
      entry("web", "http", [
        { address: web.ipv4 ?? "", port: 8000, version: "v1" },
        { address: web.ipv6 ?? "", port: 8000, version: "v2" },
      ]),
      entry("greeter", "dubbo", [
        { address: plane.ipv4, port: v1.port, version: "v1" },
        { address: plane.ipv6, port: v2.port, version: "v2" },
      ]),
      rule("greeter"),
      entry("calculator", "thrift", [{ address: plane.ipv4, port: calculator.port, version: "v1" }]),
      entry("echo", "tcp", [{ address: plane.ipv6, port: portOf(echo), version: "v1" }]),
      ...sealed.map((server, i) =>
        entry(["a", "b"][i] ?? "", "tcp-tls", [{ address: plane.ipv4, port: portOf(server), version: "v1" }]),
      ),
    ]);
    await write("gateway", [gateway(directory), ...CONNECTIONS]);
    await write("routes", [route("greeter", GREETER, "v1"), route("other", "demo.Other", "v1"), CALCULATOR]);
    adapter = await Adapter.start(control, "--config", directory);
    const node = `router~${edge.ip}~edge.prod~prod.svc.cluster.local`;
    const bootstrap = await adapter.bootstrapOf(edge, node, "--namespace", "prod", "--label", "app=edge");
    envoy = await startEnvoy(edge.as(PROXY), bootstrap, undefined, path);
    await envoy.ready();
    // At two addresses each.
    await vi.waitUntil(async () => (await listeners()).length === 16, { timeout: 20_000 });
  });

  afterAll(async () => {
    await envoy?.stop();
    await adapter?.stop();
    for (const close of closers.reverse()) await close();
  });

  async function started<T extends { close(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
    const server = await starting;
    closers.push(() => server.close());
    return server;
  }

  /** Says its name and what it was told. */
  async function echoing(server: Server, event: "connection" | "secureConnection", address: string, name: string) {
    const sockets = new Set<Socket>();
    // Whoever offers no TLS that it likes.
    server.on("tlsClientError", () => {});
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("data", (bytes) => void socket.write(`${name} ${bytes}`));
    });
    server.listen(0, address);
    await once(server, "listening");
    closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return server;
  }

  function sealedServer(name: string): Promise<Server> {
    const { certificate: cert, key } = authority.issue(name);
    return echoing(createTlsServer({ cert, key }), "secureConnection", plane.ipv4, name);
  }

  /** Moved into place: the adapter must never read half of one. */
  async function write(name: string, resources: readonly object[]): Promise<void> {
    const text = resources.map((one) => `${JSON.stringify(one)}\n`).join("---\n");
    await writeFile(join(directory, `${name}.new`), text);
    await rename(join(directory, `${name}.new`), join(directory, `${name}.yaml`));
  }

  async function listeners(): Promise<readonly string[]> {
    const text = await (await fetch(`http://${await envoy.ready()}/listeners`)).text();
    return text.split("\n").filter((line) => line !== "");
  }

  it("has one listener for a port, at both families, and clusters that its routes lead to alone", async () => {
    const { listener_statuses } = (await (
      await fetch(`http://${await envoy.ready()}/listeners?format=json`)
    ).json()) as Listeners;
    for (const { local_address, additional_local_addresses = [] } of listener_statuses) {
      const all = [local_address, ...additional_local_addresses].map(({ socket_address }) => socket_address.address);
      expect(all).toEqual(["0.0.0.0", "::"]);
    }
    const text = await (await fetch(`http://${await envoy.ready()}/clusters`)).text();
    const clusters = new Set(text.split("\n").flatMap((line) => /^(outbound\|[^:]*)::/.exec(line)?.[1] ?? []));
    expect([...clusters].filter((one) => one.includes("unused"))).toEqual([]);
  });

  describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
    const tls = (servername: string): ConnectionOptions => ({ servername, ca: authority.certificate });

    it("takes calls of Dubbo, and answers those of services that no VirtualService attaches", async () => {
      const client = await DubboClient.connect(DUBBO, undefined, edge[family]);
      expect(answerText(await client.call(GREETER, "hello"))).toBe("v1 hello");
      expect((await client.call("demo.Unknown", "hello")).status).toBe(60);
      client.close();
    });

    it("takes calls of Thrift", async () => {
      const [, thrift] = PROTOCOLS;
      if (thrift === undefined) throw new Error("no Thrift");
      const client = await SpokenClient.connect(thrift, THRIFT, edge[family]);
      expect(await client.call("add", [{}])[0]).toMatchObject({ ok: true });
      client.close();
    });

    it("ends TLS before calls, and asks clients for their certificates", async () => {
      const { certificate: cert, key } = authority.issue(CLIENT);
      const client = await DubboClient.connect(SECURE, { ...tls("rpc.example.com"), cert, key }, edge[family]);
      expect(answerText(await client.call(GREETER, "hello"))).toBe("v1 hello");
      client.close();
      // TLS 1.3: it is told after it has begun.
      const stranger = await DubboClient.connect(SECURE, tls("rpc.example.com"), edge[family]);
      await expect(stranger.call(GREETER, "hello")).rejects.toThrow("closed");
      await expect(
        DubboClient.connect(SECURE, { ...tls("other.example.com"), cert, key }, edge[family]),
      ).rejects.toThrow();
    });

    it("carries connections of TCP", async () => {
      const socket = connect(TCP, edge[family]);
      socket.write("hello");
      expect(String((await once(socket, "data"))[0])).toBe("echo hello");
      socket.destroy();
    });

    it("takes requests by their host, ends TLS before them, and sends plain ones to https", async () => {
      const at = family === "ipv4" ? edge.ipv4 : `[${edge.ipv6}]`;
      const of = (host: string) => ["--header", `host: ${host}`];
      expect(await ask([], `http://${at}:${HTTP}/x`, ...of("shop.example.com"))).toMatchObject({
        name: "web",
        url: "/x",
      });
      expect(await ask([], `http://${at}:${HTTP}/x`, ...of(`shop.example.com:${HTTP}`))).toMatchObject({ name: "web" });
      expect((await curl([], `http://${at}:${HTTP}/x`, ...of("other.example.com"))).status).toBe(404);
      const redirected = await curl([], `http://${at}/x?y=1`, ...of("shop.example.com"), "--include");
      expect(redirected.status).toBe(301);
      expect(redirected.body).toContain("location: https://shop.example.com/x?y=1");
      const trusted = ["--cacert", join(directory, "ca.pem")];
      const secure = (name: string) => [...trusted, "--resolve", `${name}:${HTTPS}:${at}`];
      const { headers } = await ask([], `https://shop.example.com:${HTTPS}/`, ...secure("shop.example.com"));
      expect(headers["x-forwarded-proto"]).toBe("https");
      expect((await curl([], `https://b.example.com:${HTTPS}/`, ...secure("b.example.com"))).status).toBe(0);
    });

    it("passes TLS on by the name that it asks for", async () => {
      for (const name of ["a.example.com", "b.example.com"]) {
        const socket = connectTls({ ...tls(name), host: edge[family] ?? "", port: TLS });
        socket.write("hello");
        expect(String((await once(socket, "data"))[0])).toBe(`${name} hello`);
        socket.destroy();
      }
      const socket = connectTls({ ...tls("c.example.com"), host: edge[family] ?? "", port: TLS });
      await expect(once(socket, "secureConnect")).rejects.toThrow();
    });
  });

  it("follows VirtualServices that come and go, under calls that run on, and none is lost", async () => {
    const client = await DubboClient.connect(DUBBO, undefined, edge.ipv4);
    const answers: string[] = [];
    let running = true;
    const calls = (async () => {
      while (running) answers.push(answerText(await client.call(GREETER, "hello")));
    })();
    expect((await client.call("demo.Other", "hello")).status).toBe(20);
    await write("routes", [route("greeter", GREETER, "v2"), CALCULATOR]);
    await expect.poll(() => answers.at(-1)).toBe("v2 hello");
    expect((await client.call("demo.Other", "hello")).status).toBe(60);
    await write("routes", [route("greeter", GREETER, "v1"), route("other", "demo.Other", "v1"), CALCULATOR]);
    await expect.poll(() => answers.at(-1)).toBe("v1 hello");
    running = false;
    await calls;
    expect(answers.filter((one) => !/^v[12] hello$/.test(one))).toEqual([]);
    client.close();
  });
});

interface Listeners {
  readonly listener_statuses: readonly {
    readonly local_address: Address;
    readonly additional_local_addresses?: readonly Address[];
  }[];
}

interface Address {
  readonly socket_address: { readonly address: string };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly version: string;
}

const ISTIO = "networking.istio.io/v1";
const PROD = { namespace: "prod" };

function entry(name: string, port: string, endpoints: readonly Endpoint[]): object {
  return {
    apiVersion: ISTIO,
    kind: "ServiceEntry",
    metadata: { name, ...PROD },
    spec: {
      hosts: [`${name}.example`],
      ports: [{ number: 1000, name: port, protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: endpoints.map(({ address, port: number, version }) => ({
        address,
        ports: { [port]: number },
        labels: { version },
      })),
    },
  };
}

function rule(name: string): object {
  const subsets = ["v1", "v2"].map((version) => ({ name: version, labels: { version } }));
  return {
    apiVersion: ISTIO,
    kind: "DestinationRule",
    metadata: { name, ...PROD },
    spec: { host: `${name}.example`, subsets },
  };
}

function route(name: string, host: string, subset: string): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name, ...PROD },
    spec: {
      hosts: [host],
      gateways: ["edge"],
      routes: [{ route: [{ destination: { host: "greeter.example", subset } }] }],
    },
  };
}

const CALCULATOR = {
  apiVersion: "networking.meltemi.io/v1alpha1",
  kind: "VirtualService",
  metadata: { name: "calculator", ...PROD },
  spec: {
    hosts: ["calculator.example"],
    gateways: ["edge"],
    routes: [{ route: [{ destination: { host: "calculator.example" } }] }],
  },
};

function gateway(directory: string): object {
  const file = (name: string) => join(directory, name);
  const secure = {
    mode: "MUTUAL",
    serverCertificate: file("tls.pem"),
    privateKey: file("tls.key"),
    caCertificates: file("ca.pem"),
    subjectAltNames: [CLIENT],
  };
  return {
    apiVersion: ISTIO,
    kind: "Gateway",
    metadata: { name: "edge", ...PROD },
    spec: {
      selector: { app: "edge" },
      servers: [
        { port: { number: DUBBO, name: "dubbo", protocol: "dubbo" }, hosts: ["*"] },
        { port: { number: SECURE, name: "dubbo-secure", protocol: "TLS" }, hosts: ["rpc.example.com"], tls: secure },
        { port: { number: THRIFT, name: "thrift", protocol: "TCP" }, hosts: ["*"] },
        { port: { number: TCP, name: "tcp-echo", protocol: "TCP" }, hosts: ["*"] },
        { port: { number: REDIRECTED, name: "http", protocol: "HTTP" }, hosts: ["*"], tls: { httpsRedirect: true } },
        { port: { number: HTTP, name: "http", protocol: "HTTP" }, hosts: ["*.example.com"] },
        {
          port: { number: HTTPS, name: "https", protocol: "HTTPS" },
          hosts: ["shop.example.com"],
          tls: { mode: "SIMPLE", serverCertificate: file("shop.pem"), privateKey: file("shop.key") },
        },
        { port: { number: TLS, name: "tls", protocol: "TLS" }, hosts: ["*.example.com"], tls: { mode: "PASSTHROUGH" } },
      ],
    },
  };
}

const CONNECTIONS = [
  {
    apiVersion: ISTIO,
    kind: "VirtualService",
    metadata: { name: "shop", ...PROD },
    spec: {
      hosts: ["shop.example.com"],
      gateways: ["edge"],
      http: [{ route: [{ destination: { host: "web.example" } }] }],
    },
  },
  {
    apiVersion: ISTIO,
    kind: "VirtualService",
    metadata: { name: "connections", ...PROD },
    spec: {
      hosts: ["*"],
      gateways: ["edge"],
      tcp: [{ match: [{ port: TCP }], route: [{ destination: { host: "echo.example" } }] }],
      tls: ["a", "b"].map((name) => ({
        match: [{ sniHosts: [`${name}.example.com`] }],
        route: [{ destination: { host: `${name}.example` } }],
      })),
    },
  },
];
