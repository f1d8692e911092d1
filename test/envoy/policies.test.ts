import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Mesh } from "../../adapter/model/model.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import { answerText } from "../support/dubbo.js";
import { EnvoyUnderTest } from "../xds/envoy-under-test.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { VERSIONS } from "./envoy.js";

const SERVICE = "reviews.default.svc.cluster.local";

/** What is written in YAML is what happens in Envoy: the whole way through the control plane. */
describe.each(VERSIONS)("policies on $name", ({ name, path }) => {
  let servers: DubboServer[];
  let envoy: EnvoyUnderTest;

  beforeAll(async () => {
    servers = await Promise.all(["a", "b"].map((server) => DubboServer.start(server)));
    const code = { kind: "inline", bytes: readFileSync("dist/meltemi.wasm") } as const;
    envoy = await EnvoyUnderTest.start(path, "delta", code, meshOf());
  });

  afterAll(async () => {
    await envoy.stop();
    await Promise.all(servers.map((server) => server.close()));
  });

  function meshOf(...policies: readonly string[]): Mesh {
    const endpoints = servers.map(({ port }) => `{ address: 127.0.0.1, ports: { dubbo: ${port} } }`);
    const service = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews }
spec:
  hosts: [ ${SERVICE} ]
  ports: [ { number: 20880, name: dubbo } ]
  resolution: STATIC
  endpoints: [ ${endpoints.join(", ")} ]
`;
    const { mesh, problems } = new Translator().translate(
      parseFile([service, ...policies].join("---"), "a.yaml", recognise),
    );
    expect(problems).toEqual([]);
    return mesh;
  }

  function listener(spec: string): string {
    return `
apiVersion: networking.meltemi.io/v1alpha1
kind: ListenerPolicy
metadata: { name: reviews }
spec: { protocol: dubbo, port: 20880, ${spec} }
`;
  }

  function destination(tunnels: string): string {
    return `
apiVersion: networking.meltemi.io/v1alpha1
kind: DestinationPolicy
metadata: { name: reviews }
spec: { host: reviews, tunnels: { ${tunnels} } }
`;
  }

  function connect(): Promise<DubboClient> {
    return DubboClient.connect(envoy.listenerPort);
  }

  /** Who answers so many calls of one connection, one after the other. */
  async function answering(client: DubboClient, calls = 40): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for (let i = 0; i < calls; i++) names.add(String(answerText(await client.call(SERVICE, "m"))).slice(0, 1));
    return names;
  }

  it("gives one connection both hosts, and with `maximum: 1` one", async () => {
    await envoy.serve(meshOf());
    const client = await connect();
    expect((await answering(client)).size).toBe(2);
    await envoy.serve(meshOf(destination("maximum: 1")));
    const other = await connect();
    expect((await answering(other)).size).toBe(1);
    for (const one of [client, other]) one.close();
  });

  it("disconnects who sends a longer message than `maxMessageBytes`, also on a connection that was open before", async () => {
    await envoy.serve(meshOf());
    const client = await connect();
    const args = ["a".repeat(3000)];
    expect(answerText(await client.call(SERVICE, "long", { args }))).toMatch(/long$/);
    await envoy.serve(meshOf(listener("maxMessageBytes: 2048")));
    expect(answerText(await client.call(SERVICE, "short"))).toMatch(/short$/);
    await expect(client.call(SERVICE, "long", { args })).rejects.toThrow("closed before the answer");
  });

  it("closes connections that nobody uses, and those that are old, when nothing is under way", async () => {
    await envoy.serve(meshOf(listener("idleTimeout: 1s")));
    const idle = await connect();
    expect(answerText(await idle.call(SERVICE, "m"))).toMatch(/m$/);
    expect(await idle.closed).toBe(0);
    await envoy.serve(meshOf(listener("maxConnectionAge: 1s")));
    const old = await connect();
    expect(answerText(await old.call(SERVICE, "m"))).toMatch(/m$/);
    expect(await old.closed).toBe(0);
    // Dubbo's read-only event.
    expect(old.unexpected.length).toBe(1);
  });

  it("observes where all routes lead to one destination", async () => {
    await envoy.serve(meshOf(listener("mode: AUTO")));
    const carried = `tcp.outbound_dubbo_${envoy.listenerPort}.downstream_cx_total`;
    while (!(await envoy.stat(carried))) {
      const client = await connect();
      await client.call(SERVICE, "m").catch(() => undefined);
      client.close();
      await sleep(20);
    }
    const client = await connect();
    // One connection, one host.
    expect((await answering(client)).size).toBe(1);
    client.close();
  });

  it("routes connections, on an Envoy that can", async () => {
    const mesh = meshOf(listener("mode: CONNECTION"));
    envoy.controlPlane.setMesh(mesh);
    if (name === "Envoy 1.36") {
      await expect(envoy.controlPlane.synchronized()).rejects.toThrow(/refuses ECDS .*\/connection/);
      return;
    }
    await envoy.controlPlane.synchronized();
    let client = await connect();
    // Until the listener of the mode before is gone.
    while ((await answering(client).catch(() => new Set())).size !== 1) {
      client.close();
      client = await connect();
    }
    await expect(client.call("nobody.knows", "m")).resolves.toBeDefined();
    const unknown = await connect();
    await expect(unknown.call("nobody.knows", "m")).rejects.toThrow("closed before the answer");
    client.close();
  });
});
