import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../../adapter/log/logger.js";
import { FileCredentials, type TlsFiles } from "../../adapter/server/credentials.js";
import { DiscoveryServer } from "../../adapter/server/discovery-server.js";
import { urisOf } from "../../adapter/server/peer.js";
import { Authority, type Certificate } from "../support/certificates.js";
import { DeltaClient } from "./ads-client.js";
import { eds, snapshotOf } from "./resources.js";

const log = createLogger({ level: "silent" });
const REVIEWS = "spiffe://cluster.local/ns/prod/sa/reviews";
const ISTIO_ID = "sidecar~10.1.2.3~reviews-v1.5-abc.prod~prod.svc.cluster.local";
const authority = new Authority("ours");
const reviews = authority.issue("reviews.example", REVIEWS);

let directory: string;
let server: DiscoveryServer;
let port: number;

function file(name: string): string {
  return join(directory, name);
}

/** Moved into place, as who renews certificates does. */
function write(name: string, content: string): void {
  writeFileSync(file("new"), content);
  renameSync(file("new"), file(name));
}

function files(): TlsFiles {
  return { certificate: file("adapter.pem"), key: file("adapter.key"), clientAuthority: file("ca.pem") };
}

function writeServer({ certificate, key }: Certificate): void {
  write("adapter.pem", certificate);
  write("adapter.key", key);
}

async function start(tls: TlsFiles | undefined): Promise<void> {
  server = new DiscoveryServer();
  server.setSnapshot(snapshotOf(eds("a")));
  const credentials = tls && (await FileCredentials.load(tls, log));
  port = await server.listen({ address: "127.0.0.1", port: 0 }, credentials);
}

function showing(shown: Certificate | undefined, trusted = authority): ChannelCredentials {
  const root = Buffer.from(trusted.certificate);
  if (shown === undefined) return credentials.createSsl(root);
  return credentials.createSsl(root, Buffer.from(shown.key), Buffer.from(shown.certificate));
}

/** What the node is told: the number of resources, or the error. */
async function ask(node: object, security?: ChannelCredentials): Promise<string> {
  const client = new DeltaClient(port, security).withNode(node);
  client.subscribe("EDS", ["a"]);
  const outcome = await Promise.race([client.ended, client.next("EDS").then(() => "served")]);
  client.close();
  return outcome;
}

function struct(fields: Readonly<Record<string, string>>): object {
  return { fields: Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, { stringValue: text }])) };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meltemi-identity-"));
  write("ca.pem", authority.certificate);
  writeServer(authority.issue("adapter.example"));
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

describe("a node that shows a certificate", () => {
  it.each([
    ["says nothing else", { id: "n1" }],
    ["has an id of Istio's", { id: ISTIO_ID }],
    [
      "says its namespace and account",
      { id: "n1", metadata: struct({ NAMESPACE: "prod", SERVICE_ACCOUNT: "reviews" }) },
    ],
  ])("is who the certificate says, if it %s", async (_, node) => {
    await start(files());
    const client = new DeltaClient(port, showing(reviews)).withNode(node);
    client.subscribe("EDS", ["a"]);
    await client.next("EDS");
    expect(server.nodes()).toMatchObject([{ id: node.id, namespace: "prod", identity: REVIEWS, address: "127.0.0.1" }]);
    client.close();
  });

  const says = (what: string) => `7 PERMISSION_DENIED: node n1 says ${what}, its certificate is ${REVIEWS}`;

  it.each([
    ["another namespace", { id: "n1", metadata: struct({ NAMESPACE: "other" }) }, says("namespace other")],
    ["another account", { id: "n1", metadata: struct({ SERVICE_ACCOUNT: "books" }) }, says("service account books")],
    [
      "another namespace in its id",
      { id: "sidecar~10.1.2.3~reviews.prod.other~x", metadata: struct({ NAMESPACE: "prod" }) },
      /^7 PERMISSION_DENIED: node sidecar~.* says namespace other, its certificate is/,
    ],
  ])("is refused if it says %s", async (_, node, reason) => {
    await start(files());
    const refused: unknown[] = [];
    server.events.on("refused", (...refusal) => refused.push(refusal));
    expect(await ask(node, showing(reviews))).toMatch(reason);
    expect(refused).toEqual([[expect.stringMatching(/^127\.0\.0\.1:/), "PERMISSION_DENIED", expect.any(String)]]);
    expect(server.nodes()).toEqual([]);
  });

  it.each([
    ["has no URI", []],
    ["has one that is no workload's", ["spiffe://cluster.local/prod/reviews"]],
    ["has two", [REVIEWS, "spiffe://cluster.local/ns/other/sa/reviews"]],
  ])("is refused if that %s", async (_, uris) => {
    await start(files());
    const shown = authority.issue("reviews.example", ...uris);
    expect(await ask({ id: "n1" }, showing(shown))).toMatch(
      /^7 PERMISSION_DENIED: the client's certificate must have the one URI spiffe:\/\/TRUST-DOMAIN\/ns\/NAMESPACE\/sa\/ACCOUNT/,
    );
  });
});

describe("a node is not heard", () => {
  it("without a certificate, with one of somebody else's, or without TLS", async () => {
    await start(files());
    expect(await ask({ id: "n1" }, showing(undefined))).toMatch(/^14 UNAVAILABLE/);
    expect(await ask({ id: "n1" }, showing(new Authority("another").issue("reviews.example", REVIEWS)))).toMatch(/^14/);
    expect(await ask({ id: "n1" })).toMatch(/^14/);
    expect(await ask({ id: "n1" }, showing(reviews))).toBe("served");
  });
});

describe("a node that is asked for no certificate", () => {
  it("is in the namespace that it says, over TLS too", async () => {
    await start({ ...files(), clientAuthority: undefined });
    const nodes = [{ id: "n1", metadata: struct({ NAMESPACE: "prod" }) }, { id: ISTIO_ID }, { id: "n2~x" }];
    const clients = await Promise.all(
      nodes.map(async (node) => {
        const client = new DeltaClient(port, showing(undefined)).withNode(node);
        client.subscribe("EDS", ["a"]);
        await client.next("EDS");
        return client;
      }),
    );
    const found = new Map(server.nodes().map(({ id, namespace, identity }) => [id, { namespace, identity }]));
    expect(found.get("n1")).toEqual({ namespace: "prod", identity: undefined });
    expect(found.get(ISTIO_ID)).toEqual({ namespace: "prod", identity: undefined });
    expect(found.get("n2~x")).toEqual({ namespace: undefined, identity: undefined });
    for (const client of clients) client.close();
  });
});

describe("certificates that change", () => {
  it("are shown and asked for from then on, and streams go on", async () => {
    await start(files());
    const old = new DeltaClient(port, showing(reviews));
    old.subscribe("EDS", ["a"]);
    old.ack(await old.next("EDS"));

    const next = new Authority("next");
    const reviewsNext = next.issue("reviews.example", REVIEWS);
    expect(await ask({ id: "n1" }, showing(reviewsNext, next))).toMatch(/^14/);
    const { certificate, key } = next.issue("adapter.example");
    write("ca.pem", next.certificate);
    write("adapter.pem", certificate);
    // Half of a renewal: the key is still the old one's. What was there stays in force.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await ask({ id: "n1" }, showing(reviews))).toBe("served");
    write("adapter.key", key);
    await expect.poll(() => ask({ id: "n1" }, showing(reviewsNext, next)), { timeout: 10_000 }).toBe("served");
    expect(await ask({ id: "n1" }, showing(reviews))).toMatch(/^14/);

    server.setSnapshot(snapshotOf(eds("a", 2)));
    expect((await old.next("EDS")).resources).toHaveLength(1);
    old.close();
  });

  it.each([
    ["is not there", () => rmSync(file("adapter.pem")), /adapter\.pem cannot be read: ENOENT/],
    ["is none", () => write("ca.pem", "hello"), /ca\.pem holds no certificate in PEM/],
    [
      "is not the key's",
      () => write("adapter.key", reviews.key),
      /adapter\.key are no certificate and its key: .*mismatch/,
    ],
  ])("is said at the start if one %s", async (_, spoil, message) => {
    await start(undefined);
    spoil();
    await expect(FileCredentials.load(files(), log)).rejects.toThrow(message);
  });
});

it("reads URIs as Node tells them", () => {
  expect(urisOf('DNS:a.example, URI:spiffe://a/b, IP Address:10.0.0.1, URI:"x, URI:spiffe://c/d", URI:')).toEqual([
    "spiffe://a/b",
    "x, URI:spiffe://c/d",
    "",
  ]);
});
