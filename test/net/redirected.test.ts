// Envoys to which connections are redirected by `meltemi iptables`: from programs, to programs, and from one to itself.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { formatAddress, socketAddress } from "../../adapter/xds/address.js";
import { any, type JsonObject } from "../../adapter/xds/json.js";
import { ENVOY_ADMIN_PORT, startEnvoy } from "./support/envoy.js";
import { type Host, PROXY, SOMEBODY } from "./support/host.js";
import { ask, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import type { Family } from "./support/plane.js";
import { redirect } from "./support/redirect.js";

const PORT = 8080;
/** Of a service, at virtual addresses. */
const SERVICE_PORT = 80;
const VIP = { ipv4: "240.1.0.1", ipv6: "fd01::1" } as const;

describe.each([
  ["both families", ["ipv4", "ipv6"]],
  ["IPv4", ["ipv4"]],
  ["IPv6", ["ipv6"]],
] as const satisfies readonly (readonly [string, readonly Family[]])[])("a host of %s", (_, families) => {
  let network: Network;
  let app: Host;
  let peer: Host;
  let envoy: EnvoyProcess;

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    app = await network.addHost("app", { plane, families });
    peer = await network.addHost("peer", { plane });
    for (const host of [app, peer]) await startHttpServer(host, host.name, PORT);
    await redirect(app);
    envoy = await startEnvoy(app.as(PROXY), bootstrap(app));
    await envoy.ready();
  });

  afterAll(async () => {
    await envoy.stop();
    await network.remove();
  });

  /** Connections so far, by direction: one that goes in circles is many. */
  async function connections(): Promise<readonly number[]> {
    const stats = await (await fetch(`http://${await envoy.ready()}/stats?filter=^tcp.*downstream_cx_total`)).text();
    return ["outbound", "inbound"].map((direction) =>
      Number(new RegExp(`^tcp\\.${direction}\\.downstream_cx_total: (\\d+)$`, "m").exec(stats)?.[1]),
    );
  }

  async function seen(inside: readonly string[], ip: string | undefined, port = PORT) {
    const before = await connections();
    const { name, family, peer } = await ask(inside, `http://${formatAddress({ ip: ip as string, port })}`);
    const after = await connections();
    return { name, family, peer, connections: after.map((count, i) => count - (before[i] as number)) };
  }

  it.each(families)("takes what a program sends over %s, once", async (family) => {
    const answer = { name: "peer", family, peer: app[family], connections: [1, 0] };
    expect(await seen(app.as(SOMEBODY), peer[family])).toEqual(answer);
  });

  it.each(families)("takes what comes in over %s, once, and passes it on over the same family", async (family) => {
    const source = { ipv4: "127.0.0.6", ipv6: "::6" }[family];
    const answer = { name: "app", family, peer: source, connections: [0, 1] };
    expect(await seen(peer.inside, app[family])).toEqual(answer);
  });

  it.each(families)("calls itself over %s by a service's address: once out, once in", async (family) => {
    const answer = await seen(app.as(SOMEBODY), VIP[family], SERVICE_PORT);
    expect(answer).toMatchObject({ name: "app", connections: [1, 1] });
    expect(["127.0.0.6", "::6"]).toContain(answer.peer);
  });
});

/** What virtual listeners are, at their smallest: all connections go on to where they were to go, and those to the service to this host. */
function bootstrap(host: Host): JsonObject {
  const families = [host.ipv4, host.ipv6].filter((ip) => ip !== undefined);
  return {
    admin: { address: socketAddress(host.ip, ENVOY_ADMIN_PORT) },
    static_resources: {
      listeners: [
        listener("outbound", 15001, [
          { filter_chain_match: { destination_port: SERVICE_PORT }, filters: [tcpProxy("outbound", "service")] },
          { filters: [tcpProxy("outbound", "passthrough")] },
        ]),
        listener("inbound", 15006, [{ filters: [tcpProxy("inbound", "inbound")] }]),
      ],
      clusters: [
        { name: "passthrough", type: "ORIGINAL_DST", lb_policy: "CLUSTER_PROVIDED" },
        {
          name: "inbound",
          type: "ORIGINAL_DST",
          lb_policy: "CLUSTER_PROVIDED",
          upstream_bind_config: {
            source_address: { address: "127.0.0.6", port_value: 0 },
            extra_source_addresses: [{ address: { address: "::6", port_value: 0 } }],
          },
        },
        {
          name: "service",
          type: "STATIC",
          load_assignment: {
            cluster_name: "service",
            endpoints: [{ lb_endpoints: families.map((ip) => ({ endpoint: { address: socketAddress(ip, PORT) } })) }],
          },
        },
      ],
    },
  };
}

function listener(name: string, port: number, filterChains: readonly JsonObject[]): JsonObject {
  const original = "envoy.extensions.filters.listener.original_dst.v3.OriginalDst";
  return {
    name,
    address: socketAddress("0.0.0.0", port),
    additional_addresses: [{ address: socketAddress("::", port) }],
    listener_filters: [{ name: "envoy.filters.listener.original_dst", typed_config: any(original, {}) }],
    filter_chains: [...filterChains],
  };
}

function tcpProxy(direction: string, cluster: string): JsonObject {
  const type = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  return { name: "envoy.filters.network.tcp_proxy", typed_config: any(type, { stat_prefix: direction, cluster }) };
}
