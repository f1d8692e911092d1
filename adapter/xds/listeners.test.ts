import { describe, expect, it } from "vitest";
import type { ListenerMode, OutboundListener, Route } from "../model/model.js";
import { buildExtensionConfig } from "./extension-configs.js";
import { buildListener } from "./listeners.js";

const ADDRESSES = [{ ip: "127.0.0.1", port: 1 }] as const;

function listenerWith(mode: ListenerMode, ...routes: Route[]) {
  const listener = { protocol: "dubbo", port: 1, mode, virtualHosts: [{ name: "v", services: ["s"], routes }] };
  return buildListener({ name: "l", addresses: ADDRESSES, listener });
}

function routeTo(host: string): Route {
  const match = [{ name: "user", invert: false, kind: "exact", value: "jason" }] as const;
  return { name: "r", match, destinations: [{ host, subset: undefined, port: 1, weight: 100 }], origin: undefined };
}

function filtersOf(mode: ListenerMode): unknown {
  const [chain] = listenerWith(mode, routeTo("a")).json.filter_chains as unknown as { filters: object[] }[];
  return chain?.filters;
}

describe("a listener", () => {
  it.each(["call", "connection"] as const)(
    "of mode %s is the same whatever the routes, so that they change without draining its connections",
    (mode) => {
      expect(listenerWith(mode, routeTo("a")).version).toBe(listenerWith(mode).version);
    },
  );

  it("has its filter, of the name that fits its mode, before what carries the calls", () => {
    const tcpProxy = "envoy.filters.network.tcp_proxy";
    expect(filtersOf("call")).toMatchObject([{ name: "l" }, { name: "envoy.filters.network.http_connection_manager" }]);
    expect(filtersOf("connection")).toMatchObject([{ name: "l/connection" }, { name: tcpProxy }]);
    expect(filtersOf("observe")).toMatchObject([
      { name: "l/observe" },
      { name: tcpProxy, typed_config: { cluster: "outbound|1||a" } },
    ]);
  });

  it.each(["connection", "observe"] as const)("of mode %s has the limits of its connections from tcp_proxy", (mode) => {
    const virtualHosts = [{ name: "v", services: ["s"], routes: [routeTo("a")] }];
    const settings = { idleTimeout_ms: 60_000, maxConnectionAge_ms: 1_500 };
    const tcpProxyOf = (listener: OutboundListener) => {
      const { json } = buildListener({ name: "l", addresses: ADDRESSES, listener });
      const [chain] = json.filter_chains as unknown as { filters: { typed_config: object }[] }[];
      return chain?.filters[1]?.typed_config;
    };
    const listener = { protocol: "dubbo", port: 1, mode, virtualHosts };
    expect(tcpProxyOf({ ...listener, settings })).toMatchObject({
      idle_timeout: "60s",
      max_downstream_connection_duration: "1.5s",
    });
    expect(tcpProxyOf(listener)).toMatchObject({ idle_timeout: "0s", max_downstream_connection_duration: undefined });
  });

  it("has the read buffer that its filter is told of", () => {
    const filter = { listener: "l", protocol: "dubbo", mode: "call" } as const;
    const { json } = buildExtensionConfig(filter, {}, { kind: "file", path: "/m.wasm" });
    const { config } = (json as { typed_config: { config: { configuration: { value: string } } } }).typed_config;
    const told = JSON.parse(config.configuration.value) as { read_buffer_bytes: number };
    expect(told.read_buffer_bytes).toBe(listenerWith("call").json.per_connection_buffer_limit_bytes);
  });
});
