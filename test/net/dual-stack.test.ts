// What a second family of addresses costs a sidecar: counted in a real Envoy, beside what it would cost with a resource for each family.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogger } from "../../adapter/log/logger.js";
import type { Mesh } from "../../adapter/model/model.js";
import type { Family, NodeAddress } from "../../adapter/model/node-profile.js";
import { startControlPlane } from "../../adapter/server/control-plane.js";
import type { BuildResources } from "../../adapter/server/served-mesh.js";
import { formatAddress } from "../../adapter/xds/address.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import { buildResources } from "../../adapter/xds/build-resources.js";
import type { JsonObject } from "../../adapter/xds/json.js";
import { makeResource, type Resource } from "../../adapter/xds/resource.js";
import { endpoint, meshOf, reviews, routeTo } from "../xds/mesh.js";
import { ENVOY_ADMIN_PORT, startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { Network } from "./support/network.js";

const SERVICES = 50;
const ENDPOINTS = 10;
/** What the node announces: nobody calls it, and bytes are to be the same each time. */
const OWN = ["10.1.0.1", "fd00:1::1"];

const log = createLogger({ level: "silent" });

/** Services of which each has two subsets, and ten endpoints at two addresses each. The node itself is an endpoint of the first. */
function meshWith(own: readonly string[]): Mesh {
  const services = Array.from({ length: SERVICES }, (_, nth) =>
    reviews({
      host: `service-${nth}.prod.svc.cluster.local`,
      addresses: [`10.96.0.${nth + 1}`, `fd00:96::${nth + 1}`],
      endpoints: Array.from({ length: ENDPOINTS }, (_, i) =>
        endpoint({
          addresses: nth === 0 && i === 0 ? own : [`10.1.${nth}.${i + 1}`, `fd00:1:${nth}::${i + 1}`],
          labels: { version: i % 2 === 0 ? "v1" : "v2" },
        }),
      ),
    }),
  );
  const virtualHosts = services.map(({ host }) => ({
    name: `${host}:20880`,
    services: [host],
    routes: [routeTo("v1", { destinations: [{ host, subset: "v1", port: 20880, weight: 100 }] })],
  }));
  const [listener] = meshOf([], []).listeners;
  return { services, listeners: listener === undefined ? [] : [{ ...listener, virtualHosts }] };
}

/** The design that this one is not: each listener and each cluster for each family, under a name of its own. */
const duplicating: BuildResources = (mesh, options) => {
  const of = (family: Family) => buildResources(mesh, { ...options, shape: { ...options.shape, families: [family] } });
  const [ipv4, ipv6] = [of("IPv4"), of("IPv6")];
  // What has no address in it is the same for both, but for the clusters that it leads to.
  const others = ipv6.resources.filter(({ type }) => type !== "SDS").map(renamed);
  return { resources: [...ipv4.resources, ...others], problems: [] };
};

function renamed({ type, name, json }: Resource): Resource {
  const text = JSON.stringify(json, (_, value) =>
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value,
  )
    .replaceAll(/((?:outbound|inbound)\|[^"\\]*)/g, "$1-ipv6")
    .replaceAll(
      /"(virtual(?:In|Out)bound|\w*PassthroughCluster|BlackHoleCluster|outbound_dubbo_20880|inbound_dubbo_20880\/observe|meltemi_tunnel)"/g,
      '"$1-ipv6"',
    );
  const parsed = JSON.parse(text, (_, value) =>
    typeof value?.base64 === "string" ? Buffer.from(value.base64, "base64") : value,
  ) as JsonObject;
  return makeResource(
    type,
    /^(outbound|inbound)\|/.test(name) ? `${name}-ipv6` : String(parsed.name ?? `${name}-ipv6`),
    parsed,
  );
}

interface Cost {
  readonly listeners: number;
  readonly clusters: number;
  readonly routes: number;
  /** Of all resources as they are sent, but for the filter's code. */
  readonly bytes: number;
}

describe("a sidecar", () => {
  let network: Network;
  let host: Host;
  let control: string;

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    control = plane.ipv4;
    host = await network.addHost("host", { plane });
  });

  afterAll(async () => {
    await network.remove();
  });

  /** Of a node that has these addresses. */
  async function costOf(ips: readonly string[], build: BuildResources = buildResources): Promise<Cost> {
    let sent: readonly Resource[] = [];
    const controlPlane = await startControlPlane({
      xds: { address: control, port: 0 },
      listen: [],
      code: { kind: "file", path: "dist/meltemi.wasm" },
      build: (mesh, options) => {
        const built = build(mesh, options);
        if (options.shape.captured) sent = built.resources;
        return built;
      },
      log,
    });
    controlPlane.setMesh(meshWith(OWN));
    const addresses = ips.map((ip): NodeAddress => ({ ip, interface: "eth0" }));
    const bootstrap = buildBootstrap({
      node: { id: "node", cluster: "test", namespace: "prod", addresses, captured: true },
      xds: { host: control, port: controlPlane.xdsPort },
      admin: { ip: host.ip, port: ENVOY_ADMIN_PORT },
      mode: "delta",
    });
    const envoy = await startEnvoy(host.as(PROXY), bootstrap);
    try {
      await envoy.ready();
      await controlPlane.synchronized();
      const url = `http://${formatAddress({ ip: host.ip, port: ENVOY_ADMIN_PORT })}/config_dump`;
      const { configs } = (await (await fetch(url)).json()) as { readonly configs: readonly Dump[] };
      const count = (field: keyof Dump) => configs.flatMap((one) => one[field] ?? []).length;
      return {
        listeners: count("dynamic_listeners"),
        clusters: count("dynamic_active_clusters"),
        routes: count("dynamic_route_configs"),
        bytes: sent.reduce((sum, { bytes }) => sum + bytes.length, 0),
      };
    } finally {
      await envoy.stop();
      await controlPlane.close();
    }
  }

  it("of both families has as many listeners, clusters and routes as one of IPv4", async () => {
    const single = await costOf(OWN.slice(0, 1));
    const both = await costOf(OWN);
    const duplicated = await costOf(OWN, duplicating);
    // The figures of docs/dual-stack.md.
    expect(bytesOnPage()).toEqual([single.bytes, both.bytes, duplicated.bytes]);
    expect({ ...both, bytes: 0 }).toEqual({ ...single, bytes: 0 });
    expect(single).toMatchObject({ listeners: 3, clusters: SERVICES * 3 + 4, routes: 1 });
    expect({ ...duplicated, bytes: 0 }).toEqual({
      listeners: 6,
      clusters: 2 * (SERVICES * 3 + 4),
      routes: 2,
      bytes: 0,
    });
    expect(both.bytes).toBeGreaterThan(single.bytes);
    expect(both.bytes).toBeLessThan(duplicated.bytes);
  });
});

/** The last column of the page's table. */
function bytesOnPage(): readonly number[] {
  const rows = readFileSync("docs/dual-stack.md", "utf8").matchAll(/^\|.*\| ([\d,]+) B \|$/gm);
  return [...rows].map(([, bytes = ""]) => Number(bytes.replaceAll(",", "")));
}

interface Dump {
  readonly dynamic_listeners?: readonly object[];
  readonly dynamic_active_clusters?: readonly object[];
  readonly dynamic_route_configs?: readonly object[];
}
