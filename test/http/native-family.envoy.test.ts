import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mesh } from "../../adapter/model/model.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import { VERSIONS } from "../envoy/envoy.js";
import { EnvoyUnderTest } from "../xds/envoy-under-test.js";
import { ask } from "./ask.js";
import { Backend } from "./backend.js";

const CODE = { kind: "inline", bytes: readFileSync(new URL("../../dist/meltemi.wasm", import.meta.url)) } as const;
const REVIEWS = "reviews.prod.svc.cluster.local";
const CLIENTS = { 4: "127.0.0.1", 6: "::1" } as const;
const REQUESTS = 24;

/** For all services. */
const PRESERVE = `
---
apiVersion: networking.meltemi.io/v1alpha1
kind: MeshPolicy
metadata: { name: all, namespace: istio-system }
spec: { ipFamily: { mode: PRESERVE } }`;

/** For one. */
const OR_FAIL = `
---
apiVersion: networking.meltemi.io/v1alpha1
kind: DestinationPolicy
metadata: { name: reviews, namespace: prod }
spec: { host: reviews, ipFamily: { mode: PRESERVE, fallback: ERROR } }`;

const SUBSETS = `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: prod }
spec:
  host: reviews
  subsets: [{ name: a, labels: { on: a } }, { name: b, labels: { on: b } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [reviews]
  http:
    - match: [{ uri: { prefix: /b } }]
      route: [{ destination: { host: reviews, subset: b } }]
      retries: { attempts: 0 }
    - route:
        - { destination: { host: reviews, subset: a }, weight: 50 }
        - { destination: { host: reviews, subset: b }, weight: 50 }`;

/** Machines `a` and `b`, each with a server at either family's loopback address. */
const NAMES = ["a4", "a6", "b4", "b6"] as const;
type Name = (typeof NAMES)[number];

const isIpv4 = (name: Name) => name.endsWith("4");

describe.each(VERSIONS)("$name", ({ path }) => {
  let servers: ReadonlyMap<Name, Backend>;
  let envoy: EnvoyUnderTest | undefined;

  beforeEach(async () => {
    const started = NAMES.map(async (name) => [name, await Backend.start(name, false, CLIENTS[isIpv4(name) ? 4 : 6])]);
    servers = new Map((await Promise.all(started)) as [Name, Backend][]);
  });

  afterEach(async () => {
    await envoy?.stop();
    envoy = undefined;
    await stop(...servers.keys());
  });

  async function stop(...names: readonly Name[]): Promise<void> {
    for (const name of names) await servers.get(name)?.close();
  }

  function meshWith(resources: string, names: readonly Name[] = NAMES): Mesh {
    const endpoints = names.map((name) => {
      const address = CLIENTS[isIpv4(name) ? 4 : 6];
      return { address, ports: { http: servers.get(name)?.port }, labels: { on: name.slice(0, 1) } };
    });
    const text = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [${REVIEWS}]
  ports: [{ number: 9080, name: http }]
  resolution: STATIC
  endpoints: ${JSON.stringify(endpoints)}${resources}`;
    const { mesh, problems } = new Translator().translate(parseFile(text, "input.yaml", recognise));
    if (problems.length > 0) throw new Error(problems.map(({ field, reason }) => `${field}: ${reason}`).join("\n"));
    return mesh;
  }

  async function start(mesh: Mesh): Promise<EnvoyUnderTest> {
    envoy = await EnvoyUnderTest.start(path, "delta", CODE, mesh, 1, ["127.0.0.1", "::1"], "http");
    return envoy;
  }

  /** Who has answered requests that have come over a family, each on a connection of its own; a status: nobody. */
  async function answering(family: keyof typeof CLIENTS, url = "/"): Promise<readonly string[]> {
    const seen = new Set<string>();
    for (let i = 0; i < REQUESTS; i++) {
      const port = envoy?.listenerPort ?? 0;
      const { by, status } = await ask({ ip: CLIENTS[family], port, host: `${REVIEWS}:9080`, path: url });
      seen.add(by ?? String(status));
    }
    return [...seen].sort();
  }

  it("requests go on by the family that their client has come by; by the other one where it has no host", async () => {
    const served = await start(meshWith(PRESERVE));
    expect([await answering(4), await answering(6)]).toEqual([
      ["a4", "b4"],
      ["a6", "b6"],
    ]);
    await served.serve(meshWith(PRESERVE, ["a6", "b6"]));
    expect([await answering(4), await answering(6)]).toEqual([
      ["a6", "b6"],
      ["a6", "b6"],
    ]);
  });

  it("they go by the other one while no host of theirs answers", async () => {
    await start(meshWith(PRESERVE));
    await stop("a6", "b6");
    await expect.poll(() => answering(6), { timeout: 15_000 }).toEqual(["a4", "b4"]);
    expect(await answering(4)).toEqual(["a4", "b4"]);
  });

  it("they fail where that is asked for", async () => {
    await start(meshWith(OR_FAIL, ["a6", "b6"]));
    expect([await answering(4), await answering(6)]).toEqual([["503"], ["a6", "b6"]]);
  });

  it("routes choose subsets, and families hosts within them", async () => {
    await start(meshWith(`${SUBSETS}${PRESERVE}`));
    expect([await answering(4, "/b"), await answering(6, "/b")]).toEqual([["b4"], ["b6"]]);
    expect([await answering(4), await answering(6)]).toEqual([
      ["a4", "b4"],
      ["a6", "b6"],
    ]);
  });

  it("costs no cluster, listener or route", async () => {
    const before = await start(meshWith(SUBSETS));
    const count = async () => {
      const { configs } = (await before.get("/config_dump")) as { configs: Record<string, readonly unknown[]>[] };
      const kinds = ["dynamic_active_clusters", "dynamic_listeners", "dynamic_route_configs"];
      return kinds.map((kind) => configs.flatMap((config) => config[kind] ?? []).length);
    };
    const counts = await count();
    expect(counts).toEqual([3, 1, 1]);
    await before.serve(meshWith(`${SUBSETS}${PRESERVE}`));
    expect(await count()).toEqual(counts);
    expect([await answering(4), await answering(6)]).toEqual([
      ["a4", "b4"],
      ["a6", "b6"],
    ]);
  });
});
