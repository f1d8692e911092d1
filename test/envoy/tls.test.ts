import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectPlainly } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DownstreamTls, Mesh, UpstreamTls } from "../../adapter/model/model.js";
import { Authority, type Certificate } from "../support/certificates.js";
import { answerText, encodeCall } from "../support/dubbo.js";
import { EnvoyUnderTest } from "../xds/envoy-under-test.js";
import { endpoint, meshOf, reviews, routeTo } from "../xds/mesh.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { VERSIONS } from "./envoy.js";

const RUNS = VERSIONS.flatMap((version) =>
  [1, 2].map((concurrency) => ({ version, concurrency, mode: concurrency === 1 ? "delta" : "sotw" }) as const),
);
const SERVICE = "org.example.Reviews";
const BOOKS = "spiffe://cluster.local/ns/prod/sa/books";

describe.each(RUNS)("$version.name with $concurrency workers, $mode", ({ version, concurrency, mode }) => {
  const authority = new Authority("ours");
  const stranger = new Authority("another");
  const books = authority.issue("books.example", BOOKS);
  let directory: string;
  let secure: DubboServer;
  let plain: DubboServer;
  let envoy: EnvoyUnderTest;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "meltemi-tls-"));
    mkdirSync(join(directory, "listener"));
    writeFileSync(file("ca.pem"), authority.certificate);
    writeFileSync(file("other-ca.pem"), stranger.certificate);
    write("listener/server", authority.issue("envoy.example"));
    write("client", authority.issue("envoy.example"));
    const { certificate: cert, key } = authority.issue("reviews.example");
    const tls = { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true };
    secure = await DubboServer.start("v1", undefined, tls);
    plain = await DubboServer.start("v2");
    const code = { kind: "inline", bytes: readFileSync("dist/meltemi.wasm") } as const;
    envoy = await EnvoyUnderTest.start(version.path, mode, code, meshWith(mutual()), concurrency);
  });

  afterAll(async () => {
    await envoy.stop();
    await secure.close();
    await plain.close();
    rmSync(directory, { recursive: true });
  });

  function file(name: string): string {
    return join(directory, name);
  }

  function write(name: string, { certificate, key }: Certificate): void {
    // Moved into place, as who renews certificates does: Envoy must never read half of one.
    for (const [extension, text] of [["key", key] as const, ["pem", certificate] as const]) {
      writeFileSync(file(`${name}.${extension}.new`), text);
      renameSync(file(`${name}.${extension}.new`), file(`${name}.${extension}`));
    }
  }

  function mutual(overrides: Partial<DownstreamTls> = {}): DownstreamTls {
    return {
      mode: "MUTUAL",
      serverCertificate: file("listener/server.pem"),
      privateKey: file("listener/server.key"),
      caCertificates: file("ca.pem"),
      subjectAltNames: [BOOKS],
      ...overrides,
    };
  }

  /** v1 speaks TLS and wants a certificate, v2 does neither. */
  function meshWith(tls: DownstreamTls | undefined, upstream: Partial<UpstreamTls> = {}): Mesh {
    const endpoints = [secure, plain].map(({ name, port }) =>
      endpoint({ addresses: ["127.0.0.1"], ports: { dubbo: port }, labels: { version: name } }),
    );
    const policy: UpstreamTls = {
      mode: "MUTUAL",
      sni: "reviews.example",
      clientCertificate: file("client.pem"),
      privateKey: file("client.key"),
      caCertificates: file("ca.pem"),
      ...upstream,
    };
    const subsets = [
      { name: "v1", labels: { version: "v1" }, trafficPolicy: { tls: policy } },
      { name: "v2", labels: { version: "v2" }, trafficPolicy: {} },
    ];
    const jason = routeTo("v2", { match: [{ name: "user", invert: false, kind: "exact", value: "jason" }] });
    const { services, listeners } = meshOf([reviews({ endpoints, subsets })], [jason, routeTo("v1")]);
    return { services, listeners: listeners.map((listener) => ({ ...listener, ...(tls && { tls }) })) };
  }

  function connect(options: ConnectionOptions = { cert: books.certificate, key: books.key }): Promise<DubboClient> {
    const ca = authority.certificate;
    return DubboClient.connect(envoy.listenerPort, { ca, servername: "envoy.example", ...options });
  }

  /** Serves a mesh, and waits until new connections are met so: a listener that changed listens a moment later. */
  async function serve(mesh: Mesh): Promise<void> {
    const changes = (await envoy.stat("listener_manager.listener_in_place_updated")) ?? 0;
    const created = (await envoy.stat("listener_manager.listener_create_success")) ?? 0;
    const steps = await envoy.serve(mesh);
    if (!steps.includes("+LDS")) return;
    await until(async () => {
      const now = (await envoy.stat("listener_manager.listener_in_place_updated")) ?? 0;
      return (
        now > changes || ((await envoy.stat("listener_manager.listener_create_success")) ?? 0) >= created + concurrency
      );
    });
    await until(async () => (await envoy.stat("listener_manager.total_listeners_warming")) === 0);
  }

  async function refused(options: ConnectionOptions): Promise<void> {
    const client = await connect(options).catch(() => undefined);
    // A client learns that its certificate is not liked only after its own handshake is over.
    const call = client?.call(SERVICE, "hello");
    if (call !== undefined) await expect(call).rejects.toThrow("the connection was closed before the answer came");
  }

  it("routes the calls of one connection, with TLS on both sides", async () => {
    await serve(meshWith(mutual()));
    const client = await connect();
    for (let i = 0; i < 10; i++) {
      const attachments: Record<string, string> = i % 2 ? { user: "jason" } : {};
      const answer = await client.call(SERVICE, "hello", { attachments, args: ["a".repeat(i * 5000)] });
      expect(answerText(answer)).toBe(`${i % 2 ? "v2" : "v1"} hello`);
    }
    const [upstream] = [...secure.sockets] as TLSSocket[];
    expect(upstream?.getPeerCertificate().subjectaltname).toBe("DNS:envoy.example");
    client.close();
  });

  it("refuses a client without a certificate, of another authority, of another name, and one that speaks no TLS", async () => {
    await serve(meshWith(mutual()));
    const foreign = stranger.issue("books.example", BOOKS);
    const before = secure.calls.length + plain.calls.length;
    const nameless = authority.issue("books.example", "spiffe://cluster.local/ns/prod/sa/other");
    await refused({});
    await refused({ cert: foreign.certificate, key: foreign.key });
    await refused({ cert: nameless.certificate, key: nameless.key });
    const plainly = connectPlainly(envoy.listenerPort, "127.0.0.1");
    plainly.end(encodeCall({ id: 1, service: SERVICE, method: "hello" })).resume();
    await once(plainly, "close");
    expect(secure.calls.length + plain.calls.length).toBe(before);
    const name = `listener.outbound_dubbo_${envoy.listenerPort}.ssl`;
    expect(await envoy.stat(`${name}.fail_verify_no_cert`)).toBe(1);
    expect(await envoy.stat(`${name}.fail_verify_san`)).toBe(1);
    expect(await envoy.stat(`${name}.fail_verify_error`)).toBe(1);
    const client = await connect();
    expect(answerText(await client.call(SERVICE, "hello"))).toBe("v1 hello");
    client.close();
  });

  it("asks no client for a certificate in mode SIMPLE, and cannot be taken for another server", async () => {
    await serve(meshWith({ ...mutual(), mode: "SIMPLE" }));
    const client = await connect({});
    expect(answerText(await client.call(SERVICE, "hello"))).toBe("v1 hello");
    client.close();
    await expect(connect({ ca: stranger.certificate })).rejects.toThrow("unable to verify");
    await expect(connect({ servername: "other.example" })).rejects.toThrow("altnames");
  });

  it.each([
    ["signed by nobody that is trusted", { caCertificates: "other-ca.pem" }],
    ["of another name", { subjectAltNames: ["other.example"] }],
  ])(
    "makes no call to an upstream whose certificate is %s",
    async (_, { caCertificates, ...rest }: Partial<UpstreamTls>) => {
      const upstream = { ...rest, ...(caCertificates !== undefined && { caCertificates: file(caCertificates) }) };
      await serve(meshWith(mutual(), upstream));
      const before = secure.calls.length;
      const client = await connect();
      const answer = await client.call(SERVICE, "hello");
      expect(answer.status).not.toBe(20);
      expect(answerText(answer)).toContain("UF");
      expect(answerText(await client.call(SERVICE, "hello", { attachments: { user: "jason" } }))).toBe("v2 hello");
      expect(secure.calls.length).toBe(before);
      client.close();
    },
  );

  it("shows new certificates to new connections, and old ones go on", async () => {
    await serve(meshWith(mutual()));
    const old = await connect();
    const serial = serialOf(old);
    expect(answerText(await old.call(SERVICE, "hello"))).toBe("v1 hello");
    write("listener/server", authority.issue("envoy.example"));
    let client = old;
    await until(async () => {
      if (client !== old) client.close();
      client = await connect();
      return serialOf(client) !== serial;
    });
    expect(answerText(await client.call(SERVICE, "hello"))).toBe("v1 hello");
    expect(answerText(await old.call(SERVICE, "hello"))).toBe("v1 hello");

    const upstreams = new Set(secure.sockets);
    write("client", authority.issue("renewed.example"));
    let shown: string | undefined;
    await until(async () => {
      client.close();
      client = await connect();
      await client.call(SERVICE, "hello");
      shown = ([...secure.sockets].find((socket) => !upstreams.has(socket)) as TLSSocket)?.getPeerCertificate()
        .subjectaltname;
      for (const socket of secure.sockets) upstreams.add(socket);
      return shown === "DNS:renewed.example";
    });
    client.close();
    old.close();
  });

  it("closes a listener whose files are not there, and says so", async () => {
    const missing = { serverCertificate: file("none/server.pem"), privateKey: file("none/server.key") };
    envoy.controlPlane.setMesh(meshWith(mutual(missing)));
    await expect(envoy.controlPlane.synchronized()).rejects.toThrow(
      /node node-1 refuses SDS file-cert:.*none\/server\.pem/,
    );
    await expect(connect()).rejects.toThrow();
    await serve(meshWith(mutual()));
    const client = await connect();
    expect(answerText(await client.call(SERVICE, "hello"))).toBe("v1 hello");
    client.close();
  });
});

function serialOf(client: DubboClient): string {
  return (client.socket as TLSSocket).getPeerCertificate().serialNumber;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline_ms = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline_ms) throw new Error("in vain");
    await sleep(20);
  }
}
