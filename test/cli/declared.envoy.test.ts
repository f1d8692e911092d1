import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSIONS } from "../envoy/envoy.js";
import { AwesomeClient, AwesomeServer } from "../support/awesome-peer.js";
import { MAIN, Running } from "./support/meltemi.js";

const PROTOCOL = readFileSync("test/filter/codec/declared-awesome/protocol.yaml", "utf8");

const services = (v1: number, v2: number): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [reviews.prod.svc.cluster.local]
  ports: [{ number: 9080, name: tcp-awesomerpc }]
  resolution: STATIC
  endpoints:
    - { address: 127.0.0.1, ports: { tcp-awesomerpc: ${v1} }, labels: { version: v1 } }
    - { address: 127.0.0.1, ports: { tcp-awesomerpc: ${v2} }, labels: { version: v2 } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: prod }
spec:
  host: reviews
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
`;

const ROUTES = `
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: reviews-route, namespace: prod }
spec:
  hosts: [reviews.prod.svc.cluster.local, reviews]
  protocol: awesomeRPC
  routes:
    - name: canary-route
      match: [{ attributes: { user: { exact: jason } } }, { attributes: { zone: { prefix: eu- } } }]
      route: [{ destination: { host: reviews, subset: v2 } }]
    - name: default
      route: [{ destination: { host: reviews, subset: v1 } }]
`;

describe.each(VERSIONS)("awesomeRPC, declared in YAML, through $name", ({ path }) => {
  let directory: string;
  let servers: readonly AwesomeServer[];
  let up: Running;
  let address: string;
  let client: AwesomeClient;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "meltemi-declared-"));
    servers = await Promise.all(["v1", "v2"].map((version) => AwesomeServer.start(version)));
    const [v1, v2] = servers.map(({ port }) => port);
    writeFileSync(join(directory, "protocol.yaml"), PROTOCOL);
    writeFileSync(join(directory, "services.yaml"), services(v1 ?? 0, v2 ?? 0));
    writeFileSync(join(directory, "routes.yaml"), ROUTES);
    const listen = ["--listen", "awesomeRPC=127.0.0.1:0", "--admin", "127.0.0.1:0"];
    up = Running.start([MAIN, "up", "--config", directory, "--envoy", path, ...listen]);
    address = /awesomeRPC\S*=(\S+)/.exec(await up.firstLine())?.[1] ?? "";
    client = await AwesomeClient.connect(address);
  });

  afterAll(async () => {
    client?.close();
    up?.kill("SIGTERM");
    await up?.closed;
    await Promise.all((servers ?? []).map((server) => server.stop()));
    rmSync(directory, { recursive: true });
  });

  const text = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString();

  it("calls of one connection go to two versions by what their header says", async () => {
    const calls = [{ tags: { zone: "eu-1" } }, { tags: { zone: "us-1" } }, {}].map(async ({ tags = {} }, index) => {
      const answer = await client.call({ service: "reviews", method: "get", tags, body: Buffer.from(String(index)) });
      return text(answer.body);
    });
    expect(await Promise.all(calls)).toEqual(["v2:0", "v1:1", "v1:2"]);
  });

  it("errors of the server's own pass as they are", async () => {
    expect(await client.call({ service: "reviews", method: "fail" })).toMatchObject({ status: 7, text: "v1 does not" });
  });

  it("a service that nobody has gets the protocol's own error", async () => {
    const answer = await client.call({ service: "payments", method: "pay" });
    expect(answer).toMatchObject({ status: 404, text: expect.stringContaining("service payments is not known") });
  });

  it("one-way calls arrive, and heartbeats are answered by Envoy", async () => {
    client.send({ service: "reviews", method: "log", tags: { zone: "eu-2" } });
    expect(await client.heartbeat()).toMatchObject({ kind: "answer", status: 0 });
    await expect.poll(() => servers[1]?.received.filter(({ kind }) => kind === "oneway").length).toBe(1);
    expect(servers.flatMap(({ received }) => received).filter(({ kind }) => kind === "heartbeat")).toEqual([]);
  });

  it("1 MiB each way, and 200 calls at once", async () => {
    const body = Buffer.alloc(1 << 20, "m");
    const large = await client.call({ service: "reviews", method: "get", tags: { zone: "eu-1" }, body });
    expect(large.body?.length).toBe(body.length + 3);
    const many = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const tags: Record<string, string> = index % 2 ? { zone: "eu-1" } : {};
        return text(
          (await client.call({ service: "reviews", method: "get", tags, body: Buffer.from(`${index}`) })).body,
        );
      }),
    );
    expect(many).toEqual(Array.from({ length: 200 }, (_, index) => `${index % 2 ? "v2" : "v1"}:${index}`));
  });

  it("a declaration that turns bad, or goes, stays in force", async () => {
    writeFileSync(join(directory, "protocol.yaml"), PROTOCOL.replace("width: 4 }", "width: 9 }"));
    await up.logged("last good version stays in force", 1);
    rmSync(join(directory, "protocol.yaml"));
    await up.logged("nothing declares awesomeRPC any more", 1);
    writeFileSync(join(directory, "routes.yaml"), ROUTES.replace("subset: v1 }", "subset: v2 }"));
    const other = await AwesomeClient.connect(address);
    for (const each of [client, other]) {
      await expect.poll(async () => text((await each.call({ service: "reviews", method: "get" })).body)).toBe("v2:");
    }
    other.close();
  });
});
