// Two Envoys with mutual TLS between them: what the second one lets in is said by AuthorizationPolicies.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { VERSIONS } from "../envoy/envoy.js";
import { ByteQueue } from "../support/byte-queue.js";
import { Authority } from "../support/certificates.js";
import { answerText } from "../support/dubbo.js";
import { type DecodedMessage, decodeThrift, encodeThrift } from "../support/thrift.js";
import { freePort } from "./envoy-under-test.js";

const log = createLogger({ level: "silent" });
const SERVICE = "com.example.Orders";
const DENIED = 70;
const TWICE = 100;

/** An Envoy with a control plane of its own. */
class Node {
  private constructor(
    private readonly plane: ControlPlane,
    private readonly translator: Translator,
    private readonly envoy: EnvoyProcess,
    private readonly admin: string,
  ) {}

  static async start(path: string, namespace: string, labels: Record<string, string>, yaml: string): Promise<Node> {
    const code = { kind: "inline", bytes: readFileSync("dist/meltemi.wasm") } as const;
    const plane = await startControlPlane({ xds: { address: "127.0.0.1", port: 0 }, listen: [], code, log });
    const translator = new Translator();
    plane.setMesh(translator.translate(parseFile(yaml, "input.yaml", recognise)).mesh);
    const bootstrap = buildBootstrap({
      node: { id: namespace, cluster: "test", namespace, labels },
      xds: { host: "127.0.0.1", port: plane.xdsPort },
      admin: { ip: "127.0.0.1", port: 0 },
      mode: "delta",
    });
    const envoy = await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log });
    await plane.synchronized();
    return new Node(plane, translator, envoy, await envoy.ready());
  }

  /** Returns what is wrong with the resources. */
  async serve(yaml: string): Promise<readonly string[]> {
    const { mesh, problems } = this.translator.translate(parseFile(yaml, "input.yaml", recognise));
    this.plane.setMesh(mesh);
    await this.plane.synchronized();
    return problems.map(({ reason }) => reason);
  }

  async counter(name: string): Promise<number> {
    const text = await (await fetch(`http://${this.admin}/stats?filter=${encodeURIComponent(name)}`)).text();
    return [...text.matchAll(/: (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.plane.close();
  }
}

describe.each(VERSIONS)("authorization at the inbound side of $name", (version) => {
  let directory: string;
  let orders: DubboServer;
  let ledger: Awaited<ReturnType<typeof thriftServer>>;
  let ports: {
    readonly dubbo: number;
    readonly thrift: number;
    readonly client: number;
    readonly clientThrift: number;
  };
  let server: Node;
  let client: Node;
  const dubboClients: DubboClient[] = [];

  const file = (name: string) => join(directory, name);
  const tls = (name: string) =>
    `{ mode: MUTUAL, clientCertificate: ${file(`${name}.crt`)}, privateKey: ${file(`${name}.key`)}, caCertificates: ${file("ca.crt")}, subjectAltNames: [ orders.prod ] }`;

  /** The client's Envoy: a call that says who it is goes with that one's certificate. */
  function clientSide(): string {
    const side = (kind: string, port: number) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${kind}, namespace: web }
spec:
  hosts: [ ${kind}.prod ]
  ports: [ { number: ${kind === "dubbo" ? ports.client : ports.clientThrift}, name: ${kind}, targetPort: ${port} } ]
  resolution: STATIC
  endpoints: [ { address: 127.0.0.1 } ]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${kind}, namespace: web }
spec:
  host: ${kind}.prod
  subsets:
    - { name: shop, trafficPolicy: { tls: ${tls("shop")} } }
    - { name: guest, trafficPolicy: { tls: ${tls("guest")} } }
`;
    return `${side("dubbo", ports.dubbo)}---${side("thrift", ports.thrift)}---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: orders, namespace: web }
spec:
  hosts: [ ${SERVICE} ]
  routes:
    - { match: [ { attributes: { as: { exact: shop } } } ], route: [ { destination: { host: dubbo.prod, subset: shop } } ] }
    - route: [ { destination: { host: dubbo.prod, subset: guest } } ]
---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: ledger, namespace: web }
spec:
  hosts: [ thrift.prod ]
  routes:
    - { match: [ { attributes: { method: { suffix: AsGuest } } } ], route: [ { destination: { host: thrift.prod, subset: guest } } ] }
    - route: [ { destination: { host: thrift.prod, subset: shop } } ]
`;
  }

  /** The service's Envoy. */
  function serverSide(policies: string): string {
    const inbound = (protocol: string, port: number, endpoint: number, more = "") => `
apiVersion: networking.meltemi.io/v1alpha1
kind: ListenerPolicy
metadata: { name: ${protocol}, namespace: prod }
spec:
  protocol: ${protocol}
  port: ${port}
  tls:
    mode: MUTUAL
    serverCertificate: ${file("orders.crt")}
    privateKey: ${file("orders.key")}
    caCertificates: ${file("ca.crt")}
  inbound: { bind: 127.0.0.1, defaultEndpoint: "127.0.0.1:${endpoint}"${more} }
---`;
    const limit = ", localRateLimit: { maxTokens: 1000, fillInterval: 1h }";
    return inbound("dubbo", ports.dubbo, orders.port, limit) + inbound("thrift", ports.thrift, ledger.port) + policies;
  }

  function policy(name: string, spec: string, namespace = "prod"): string {
    return `
apiVersion: networking.meltemi.io/v1alpha1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
---`;
  }

  const SHOP = policy(
    "shop",
    "{ rules: [ { from: [ { source: { principals: [ cluster.local/ns/web/sa/shop ] } } ] } ] }",
  );

  async function ask(method: string, as: string): Promise<number> {
    const one = await DubboClient.connect(ports.client);
    dubboClients.push(one);
    const { status } = await one.call(SERVICE, method, { attachments: { as } });
    return status;
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "meltemi-authorization-"));
    const authority = new Authority("mesh");
    const shop = authority.issue("spiffe://cluster.local/ns/web/sa/shop");
    const guest = authority.issue("spiffe://cluster.local/ns/web/sa/guest");
    const files = {
      "ca.crt": authority.certificate,
      ...pair("orders", authority.issue("orders.prod")),
      ...pair("shop", shop),
      ...pair("guest", guest),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(file(name), text);
    orders = await DubboServer.start("orders");
    ledger = await thriftServer();
    ports = {
      dubbo: await freePort(),
      thrift: await freePort(),
      client: await freePort(),
      clientThrift: await freePort(),
    };
    server = await Node.start(version.path, "prod", { app: "orders" }, serverSide(SHOP));
    client = await Node.start(version.path, "web", {}, clientSide());
  });

  afterAll(async () => {
    for (const one of dubboClients) one.close();
    await client.stop();
    await server.stop();
    await orders.close();
    await ledger.close();
    await rm(directory, { recursive: true });
  });

  it("admits one principal and denies another, by Dubbo's error", async () => {
    expect(await ask("list", "shop")).toBe(20);
    const other = await DubboClient.connect(ports.client);
    dubboClients.push(other);
    const answer = await other.call(SERVICE, "list", { attachments: { as: "guest" } });
    expect(answer.status).toBe(DENIED);
    expect(answerText(answer)).toContain("meltemi: access denied");
    await expect.poll(() => server.counter("replies_total.*code.*denied"), { timeout: 5_000 }).toBeGreaterThan(0);
  });

  it("does so by Thrift's error, on one connection of a client", async () => {
    const one = connect(ports.clientThrift, "127.0.0.1");
    const said = await thriftCalls(one, ["add", "addAsGuest", "add"]);
    one.destroy();
    expect(said).toEqual(["reply add", "exception 6", "reply add"]);
  });

  it("follows its policies on connections that exist", async () => {
    const one = await DubboClient.connect(ports.client);
    dubboClients.push(one);
    const call = async (method: string) => (await one.call(SERVICE, method, { attachments: { as: "shop" } })).status;
    expect(await call("remove")).toBe(20);
    const deny = policy(
      "no-removal",
      "{ action: DENY, rules: [ { to: [ { operation: { methods: [ remove ] } } ] } ] }",
    );
    expect(await server.serve(serverSide(SHOP + deny))).toEqual([]);
    expect([await call("remove"), await call("list")]).toEqual([DENIED, 20]);
  });

  it("goes by labels of the node, and by the root namespace's policies", async () => {
    const others = policy("others", "{ selector: { matchLabels: { app: payments } } }");
    const ours = policy(
      "ours",
      "{ action: DENY, selector: { matchLabels: { app: orders } }, rules: [ { to: [ { operation: { methods: [ put ] } } ] } ] }",
    );
    const all = policy(
      "all",
      "{ action: DENY, rules: [ { when: [ { key: batch, values: [ '*' ] } ] } ] }",
      "istio-system",
    );
    const elsewhere = policy("elsewhere", "{ action: DENY, rules: [ {} ] }", "web");
    await server.serve(serverSide(others + ours + all + elsewhere));
    expect([await ask("list", "guest"), await ask("put", "guest")]).toEqual([20, DENIED]);
    const one = await DubboClient.connect(ports.client);
    dubboClients.push(one);
    const { status } = await one.call(SERVICE, "list", { attachments: { as: "shop", batch: "7" } });
    expect(status).toBe(DENIED);
  });

  it("tells namespaces, addresses and ports of a connection", async () => {
    const rule = (spec: string) => policy("one", `{ rules: [ ${spec} ] }`);
    const outcomes: Record<string, number> = {};
    for (const [name, spec] of Object.entries({
      namespace: "{ from: [ { source: { namespaces: [ web ] } } ] }",
      otherNamespace: "{ from: [ { source: { notNamespaces: [ web ] } } ] }",
      address: "{ from: [ { source: { ipBlocks: [ 127.0.0.0/8 ] } } ] }",
      otherAddress: "{ from: [ { source: { ipBlocks: [ 10.0.0.0/8, '::/0' ] } } ] }",
      port: `{ when: [ { key: destination.port, values: [ '${ports.dubbo}' ] } ] }`,
      otherPort: "{ when: [ { key: destination.port, values: [ '1' ] } ] }",
    })) {
      await server.serve(serverSide(rule(spec)));
      outcomes[name] = await ask("list", "guest");
    }
    expect(outcomes).toEqual({
      namespace: 20,
      otherNamespace: DENIED,
      address: 20,
      otherAddress: DENIED,
      port: 20,
      otherPort: DENIED,
    });
  });

  it("denies all where a policy cannot be understood, and says so", async () => {
    const odd = policy(
      "odd",
      "{ rules: [ { from: [ { source: { principals: [ '*' ], requestPrincipals: [ x ] } } ] } ] }",
    );
    expect(await server.serve(serverSide(odd))).toEqual([
      expect.stringContaining("until it is mended the policy denies all calls"),
    ]);
    expect(await ask("list", "shop")).toBe(DENIED);
  });

  it("counts what is audited, and lets it in", async () => {
    await server.serve(
      serverSide(policy("note", "{ action: AUDIT, rules: [ { to: [ { operation: { methods: [ 'read*' ] } } ] } ] }")),
    );
    expect([await ask("readAll", "guest"), await ask("list", "guest")]).toEqual([20, 20]);
    await expect.poll(() => server.counter("calls_audited_total"), { timeout: 5_000 }).toBe(1);
  });

  it("limits the rate of what comes in", async () => {
    const limited = serverSide("").replace("maxTokens: 1000", "maxTokens: 3");
    await server.serve(limited);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push(await ask("list", "guest"));
    expect(statuses).toEqual([20, 20, 20, TWICE, TWICE]);
  });
});

function pair(name: string, { certificate, key }: { readonly certificate: string; readonly key: string }) {
  return { [`${name}.crt`]: certificate, [`${name}.key`]: key };
}

/** Answers every call with nothing. */
async function thriftServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const bytes = new ByteQueue();
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      bytes.append(chunk);
      for (let one = decodeThrift(bytes.view()); one; one = decodeThrift(bytes.view())) {
        socket.write(encodeThrift({ type: "reply", name: one.name, seqid: one.seqid, fields: new Map() }));
        bytes.drain(one.bytes.length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function thriftCalls(socket: Socket, methods: readonly string[]): Promise<readonly string[]> {
  const bytes = new ByteQueue();
  const answers = new Map<number, DecodedMessage>();
  const done = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the connection was closed")));
    socket.on("data", (chunk) => {
      bytes.append(chunk);
      for (let one = decodeThrift(bytes.view()); one; one = decodeThrift(bytes.view())) {
        answers.set(one.seqid, one);
        bytes.drain(one.bytes.length);
      }
      if (answers.size === methods.length) resolve();
    });
  });
  for (const [index, name] of methods.entries()) socket.write(encodeThrift({ type: "call", name, seqid: index + 1 }));
  await done;
  return methods.map((_, index) => {
    const { type, name, fields } = answers.get(index + 1) as DecodedMessage;
    return type === "exception" ? `exception ${fields?.get(2)}` : `${type} ${name}`;
  });
}
