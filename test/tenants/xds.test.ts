import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TlsFiles } from "../../adapter/server/credentials.js";
import type { StatusReport } from "../../adapter/server/status-report.js";
import type { TenantLimits } from "../../adapter/tenants/limits.js";
import { RESOURCE_TYPES, type ResourceType } from "../../adapter/xds/resource.js";
import { Authority } from "../support/certificates.js";
import { DeltaClient, SotwClient } from "../xds/ads-client.js";
import { startTenantControlPlane, type TenantControlPlane } from "./control-plane.js";
import { World } from "./world.js";

/** What must not be told elsewhere: each has the namespace's name in it. */
function secretsOf(namespace: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: ${namespace} }
spec:
  hosts: [reviews]
  ports: [{ number: 20880, name: dubbo }, { number: 20881, name: dubbo-2-of-${namespace} }]
  resolution: DNS
  endpoints:
    - { address: ${namespace}-v1.internal, labels: { version: v1 } }
    - { address: ${namespace}-v2.internal, labels: { version: v2 } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: ${namespace} }
spec:
  host: reviews
  trafficPolicy: { tls: { mode: SIMPLE, sni: ${namespace}.sni, caCertificates: /certs/${namespace}-ca.pem } }
  subsets: [{ name: v1, labels: { version: v1 } }, { name: of-${namespace}, labels: { version: v2 } }]
---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: reviews-of-${namespace}, namespace: ${namespace} }
spec:
  hosts: [demo.ReviewService, demo.Only.${namespace}]
  protocol: dubbo
  routes:
    - name: canary-of-${namespace}
      match: [{ attributes: { user: { exact: user-of-${namespace} } } }]
      route: [{ destination: { host: reviews, subset: of-${namespace}, port: { number: 20880 } } }]
    - route: [{ destination: { host: reviews, subset: v1, port: { number: 20880 } } }]
---
apiVersion: networking.meltemi.io/v1alpha1
kind: ListenerPolicy
metadata: { name: tls, namespace: ${namespace} }
spec:
  protocol: dubbo
  port: 20880
  tls: { mode: SIMPLE, serverCertificate: /certs/${namespace}.pem, privateKey: /certs/${namespace}.key }
---
apiVersion: networking.meltemi.io/v1alpha1
kind: AuthorizationPolicy
metadata: { name: only-${namespace}, namespace: ${namespace} }
spec: { action: ALLOW, rules: [{ from: [{ source: { namespaces: [${namespace}] } }] }] }
`;
}

let world: World;
let plane: TenantControlPlane;
let clients: { close(): void }[];

beforeEach(() => {
  clients = [];
  world = new World().put("a-foo", secretsOf("foo")).put("b-bar", secretsOf("bar"));
});

afterEach(async () => {
  for (const client of clients) client.close();
  await plane.close();
});

async function start(limits?: Partial<TenantLimits>, tls?: TlsFiles): Promise<void> {
  plane = await startTenantControlPlane(world, limits, tls);
}

function nodeOf(namespace: string | undefined): object {
  const metadata = namespace && { fields: { NAMESPACE: { stringValue: namespace } } };
  return { id: `node-of-${namespace}`, ...(metadata && { metadata }) };
}

function connect(namespace: string | undefined, security?: ChannelCredentials): DeltaClient {
  const client = new DeltaClient(plane.controlPlane.xdsPort, security).withNode(nodeOf(namespace));
  clients.push(client);
  return client;
}

/** What a node gets that asks for everything, by type, and by these names besides. */
async function receive(client: DeltaClient, names: readonly string[] = []): Promise<string> {
  let told = "";
  for (const type of RESOURCE_TYPES) {
    client.subscribe(type, ["*", ...names]);
    // ECDS comes one by one, and is answered where there is nothing left.
    for (let more = true; more; ) {
      const response = await client.next(type);
      told += JSON.stringify([
        response.removed_resources.filter((name) => !names.includes(name)),
        response.system_version_info,
      ]);
      for (const { name, resource } of response.resources)
        told += `${name} ${Buffer.from(resource?.value ?? []).toString("latin1")}\n`;
      client.ack(response);
      more = type === "ECDS" && (await hasMore(client, type));
    }
  }
  return told;
}

async function hasMore(client: DeltaClient, type: ResourceType): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return client.unread.includes(type);
}

describe("a node", () => {
  it("is told of its own namespace alone, also of what it asks for by name", async () => {
    await start();
    const names = (namespace: string) => [
      "outbound|20880|v1|reviews",
      `outbound|20880|of-${namespace}|reviews`,
      "outbound_dubbo_20880",
      `/certs/${namespace}.pem`,
      "file-cert:/certs/foo.pem~/certs/foo.key",
    ];
    const bar = await receive(connect("bar"), names("foo"));
    expect(bar).toContain("canary-of-bar");
    expect(bar).toContain("bar-v1.internal");
    expect(bar).toContain("/certs/bar.pem");
    expect(bar.replaceAll("file-cert:/certs/foo.pem~/certs/foo.key", "")).not.toContain("foo");
    const foo = await receive(connect("foo"), names("bar"));
    expect(foo).toContain("canary-of-foo");
    expect(foo).not.toContain("bar");
    const nobody = await receive(connect(undefined));
    const stranger = await receive(connect("elsewhere"));
    for (const told of [nobody, stranger]) {
      expect(told).not.toContain("foo");
      expect(told).not.toContain("bar");
    }
  });

  it("is sent nothing, and has the same snapshot, while another namespace changes", async () => {
    await start({ changes: 1000 });
    const bar = connect("bar");
    await receive(bar);
    const old = new SotwClient(plane.controlPlane.xdsPort).withNode(nodeOf("bar"));
    clients.push(old);
    old.subscribe("CDS");
    old.ack(await old.next("CDS"));
    const foo = connect("foo");
    await receive(foo);
    const before = plane.controlPlane.nodes().filter(({ namespace }) => namespace === "bar");
    for (let i = 0; i < 100; i++) {
      world.put(
        "a-foo",
        secretsOf("foo")
          .replaceAll("user-of-foo", `user-${i}`)
          .replaceAll("reviews]", i % 2 ? "reviews]" : "reviews, more]"),
      );
      if (i % 10 === 9) world.remove("a-foo");
      await plane.serve(world);
    }
    world.put("a-foo", secretsOf("foo").replaceAll("user-of-foo", "the-last"));
    await plane.serve(world);
    expect(foo.unread.length, "the other one is told").toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bar.unread).toEqual([]);
    expect(old.unread).toEqual([]);
    const after = plane.controlPlane.nodes().filter(({ namespace }) => namespace === "bar");
    expect(after).toEqual(before);
  });

  it("gets what its namespace has when it has something", async () => {
    await start();
    const client = connect("late");
    client.subscribe("CDS");
    const first = await client.next("CDS");
    expect(first.resources).toEqual([]);
    client.ack(first);
    world.put("c-late", secretsOf("late"));
    await plane.serve(world);
    const second = await client.next("CDS");
    expect(second.resources.length).toBeGreaterThan(0);
    client.ack(second);
    world.remove("c-late");
    await plane.serve(world);
    expect((await client.next("CDS")).removed_resources).toHaveLength(second.resources.length);
  });

  it("of a namespace without resources gets what is exported to it by name", async () => {
    world.put(
      "a-foo",
      secretsOf("foo")
        .replace("resolution: DNS", "exportTo: [guests]\n  resolution: DNS")
        .replace("hosts: [reviews]", "hosts: [reviews.example]")
        .replace("host: reviews\n", "host: reviews.example\n"),
    );
    await start();
    const client = connect("guests");
    client.subscribe("CDS");
    client.ack(await client.next("CDS"));
    expect((await client.next("CDS")).resources.map(({ name }) => name)).toEqual([
      "outbound|20880||reviews.example",
      "outbound|20881||reviews.example",
    ]);
  });

  it("cannot say that it is of another namespace than its certificate", async () => {
    const directory = mkdtempSync(join(tmpdir(), "meltemi-tenants-"));
    const authority = new Authority("ours");
    const server = authority.issue("adapter.example");
    for (const [name, text] of Object.entries({
      "ca.pem": authority.certificate,
      "tls.pem": server.certificate,
      "tls.key": server.key,
    }))
      writeFileSync(join(directory, name), text);
    const file = (name: string) => join(directory, name);
    await start({}, { certificate: file("tls.pem"), key: file("tls.key"), clientAuthority: file("ca.pem") });
    const shown = authority.issue("bar.example", "spiffe://cluster.local/ns/bar/sa/reviews");
    const security = () =>
      credentials.createSsl(Buffer.from(authority.certificate), Buffer.from(shown.key), Buffer.from(shown.certificate));
    const told = await receive(connect(undefined, security()));
    expect(told).toContain("canary-of-bar");
    expect(told).not.toContain("foo");
    const liar = connect("foo", security());
    liar.subscribe("CDS");
    expect(await liar.ended).toMatch(
      /^7 PERMISSION_DENIED: node node-of-foo says namespace foo, its certificate is spiffe:.*\/ns\/bar\//,
    );
    rmSync(directory, { recursive: true });
  });
});

describe("the control plane", () => {
  it("bounds the streams of a namespace, and tells who has asked for too many", async () => {
    await start({ streams: 2 });
    for (const namespace of ["foo", "foo", "bar"]) {
      const client = connect(namespace);
      client.subscribe("CDS");
      await client.next("CDS");
    }
    const third = connect("foo");
    third.subscribe("CDS");
    expect(await third.ended).toBe("8 RESOURCE_EXHAUSTED: the namespace foo has 2 streams already");
    const metrics = await text("admin", "/metrics");
    expect(metrics).toContain('meltemi_tenant_refused_streams_total{namespace="foo"} 1');
    expect(metrics).toContain('meltemi_tenant_nodes{namespace="foo"} 2');
    clients[0]?.close();
    await expect.poll(() => plane.controlPlane.nodes().length).toBe(2);
    const again = connect("foo");
    again.subscribe("CDS");
    await again.next("CDS");
  });

  it("tells of tenants only to people", async () => {
    world.put("a-foo", `${secretsOf("foo")}---\n${secretsOf("foo").replaceAll("reviews", "more")}`);
    await start({ resources: 7 });
    const client = connect("foo");
    client.subscribe("CDS");
    await client.next("CDS");
    const other = connect("bar");
    other.subscribe("CDS");
    await other.next("CDS");
    expect(await text("admin", "/metrics")).toContain('meltemi_tenant_refused_resources{namespace="foo"} 3');
    expect(await text("admin", "/metrics")).toContain('meltemi_tenant_changes_total{namespace="bar"} 1');
    expect(await text("http", "/metrics")).not.toMatch(/foo|bar/);
    const { nodes } = JSON.parse(await text("admin", "/status?namespace=bar")) as StatusReport;
    expect(nodes.map(({ node }) => node)).toEqual(["node-of-bar"]);
    expect(await text("admin", "/debug/snapshot?namespace=bar")).not.toContain("foo");
    expect(await text("admin", "/debug/snapshot?namespace=foo")).toContain("canary-of-foo");
  });
});

async function text(at: "http" | "admin", path: string): Promise<string> {
  const { httpPort, adminPort } = plane.controlPlane;
  return await (await fetch(`http://127.0.0.1:${at === "http" ? httpPort : adminPort}${path}`)).text();
}
