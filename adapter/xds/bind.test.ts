import { describe, expect, it } from "vitest";
import type { OutboundListener } from "../model/model.js";
import * as bind from "./bind.js";

/** For a node of both families. */
const bindListeners = (listeners: readonly OutboundListener[], listen: readonly bind.Listen[]) =>
  bind.bindListeners(listeners, listen, ["IPv4", "IPv6"]);

function listener(protocol: string, port: number, ...services: string[]): OutboundListener {
  return { protocol, port, mode: "call", virtualHosts: [{ name: `${services[0]}:${port}`, services, routes: [] }] };
}

/** A listener of mode `observe` whose routes lead to these hosts. */
function observing(port: number, ...hosts: string[]): OutboundListener {
  const routes = hosts.map((host) => {
    const destinations = [{ host, subset: undefined, port: 1, weight: 100 }];
    return { name: host, match: [], destinations, origin: undefined };
  });
  return { ...listener("dubbo", port), mode: "observe", virtualHosts: [{ name: "v", services: ["*"], routes }] };
}

describe("bindListeners", () => {
  it("binds to the loopback address and the service's port where nothing else is said", () => {
    const { bound, problems } = bindListeners([listener("dubbo", 20880, "a")], []);
    expect(bound).toMatchObject([{ name: "outbound_dubbo_20880", addresses: [{ ip: "127.0.0.1", port: 20880 }] }]);
    expect(problems).toEqual([]);
  });

  it("gives the listener of a port the addresses that are named for it", () => {
    const addresses = [
      { ip: "0.0.0.0", port: 1 },
      { ip: "::", port: 1 },
    ] as const;
    const { bound } = bindListeners([listener("dubbo", 20880, "a")], [{ protocol: "dubbo", port: 20880, addresses }]);
    expect(bound).toMatchObject([{ name: "outbound_dubbo_20880", addresses }]);
  });

  it("puts all ports of a protocol behind one listener where no port is named, those named apart excepted", () => {
    const { bound, problems } = bindListeners(
      [listener("dubbo", 1, "a"), listener("dubbo", 2, "b"), listener("dubbo", 3, "c"), listener("thrift", 4, "d")],
      [
        { protocol: "dubbo", addresses: [{ ip: "127.0.0.1", port: 9 }] },
        { protocol: "dubbo", port: 2, addresses: [{ ip: "127.0.0.1", port: 8 }] },
      ],
    );
    const ways = bound.map(({ name, listener }) => [
      name,
      listener.virtualHosts.map((virtualHost) => virtualHost.name),
    ]);
    expect(Object.fromEntries(ways)).toEqual({
      outbound_dubbo_9: ["a:1", "c:3"],
      outbound_dubbo_2: ["b:2"],
      outbound_thrift_4: ["d:4"],
    });
    expect(problems).toEqual([]);
  });

  it("leaves a service name that two ports claim to the first, and says so", () => {
    const { bound, problems } = bindListeners(
      [listener("dubbo", 1, "a", "shared"), listener("dubbo", 2, "shared")],
      [{ protocol: "dubbo", addresses: [{ ip: "127.0.0.1", port: 9 }] }],
    );
    expect(bound[0]?.listener.virtualHosts.map((virtualHost) => virtualHost.name)).toEqual(["a:1"]);
    expect(problems).toEqual([expect.stringContaining('"shared" belongs to a:1 and to shared:2')]);
  });

  it("says where calls that name no service cannot be told apart", () => {
    const [a, b] = [listener("redis", 1, "a"), listener("redis", 1, "b")];
    const virtualHosts = [...a.virtualHosts, ...b.virtualHosts];
    const { problems } = bindListeners(
      [
        { ...a, virtualHosts },
        { ...a, protocol: "dubbo", port: 2, virtualHosts },
      ],
      [],
    );
    expect(problems).toEqual([
      expect.stringContaining("outbound_redis_1 is of a:1 and b:1, and calls of redis may name no service"),
    ]);
  });

  it("leaves out a listener whose address is taken, and says so", () => {
    const { bound, problems } = bindListeners([listener("dubbo", 1, "a"), listener("thrift", 1, "b")], []);
    expect(bound.map(({ name }) => name)).toEqual(["outbound_dubbo_1"]);
    expect(problems).toEqual([expect.stringContaining("outbound_thrift_1 is left out: 127.0.0.1 port 1 is taken")]);
  });

  it("gives a listener that ports of several modes share the one that serves all of them, and says so", () => {
    const addresses = [{ ip: "127.0.0.1", port: 9 }] as const;
    const one = { ...listener("dubbo", 1, "a"), mode: "connection" } as const;
    const shared = bindListeners(
      [one, { ...listener("dubbo", 2, "b"), mode: "connection" }],
      [{ protocol: "dubbo", addresses }],
    );
    expect(shared).toMatchObject({ bound: [{ listener: { mode: "connection" } }], problems: [] });
    const mixed = bindListeners([one, listener("dubbo", 2, "b")], [{ protocol: "dubbo", addresses }]);
    expect(mixed.bound).toMatchObject([{ listener: { mode: "call" } }]);
    expect(mixed.problems).toEqual([expect.stringContaining("port 1 is of mode connection and port 2 of mode call")]);
  });

  it("keeps ports that differ in TLS apart, and takes the first of several settings, and says so", () => {
    const tls = { mode: "SIMPLE", serverCertificate: "/s.pem", privateKey: "/s.key" } as const;
    const listen = [{ protocol: "dubbo", addresses: [{ ip: "127.0.0.1", port: 9 }] }] as const;
    const ports = [
      { ...listener("dubbo", 1, "a"), tls, settings: { idleTimeout_ms: 1 } },
      listener("dubbo", 2, "b"),
      { ...listener("dubbo", 3, "c"), tls },
      { ...listener("dubbo", 4, "d"), tls, settings: { idleTimeout_ms: 2 } },
    ];
    const { bound, problems } = bindListeners(ports, listen);
    expect(bound).toMatchObject([{ listener: { tls, settings: { idleTimeout_ms: 1 } } }]);
    expect(bound[0]?.listener.virtualHosts.map(({ name }) => name)).toEqual(["a:1", "c:3", "d:4"]);
    expect(problems).toEqual([
      expect.stringContaining("port 2 is left out: its policy says other things of TLS than that of port 1"),
      expect.stringContaining("ports 1 and 4 share a listener, and their policies differ; that of port 1 holds"),
    ]);
    // Nor does the first lay open what others close.
    const open = bindListeners([listener("dubbo", 1, "a"), { ...listener("dubbo", 2, "b"), tls }], listen);
    expect(open.bound[0]?.listener.virtualHosts.map(({ name }) => name)).toEqual(["a:1"]);
  });

  it("gives a shared listener the tunnels of all its ports", () => {
    const to = (host: string) => ({ host, subset: undefined, port: 1, tunnels: { minimum: 2 } });
    const ports = [
      { ...listener("dubbo", 1, "a"), tunnels: [to("b"), to("c")] },
      { ...listener("dubbo", 2, "b"), tunnels: [to("a"), to("b")] },
    ];
    const { bound } = bindListeners(ports, [{ protocol: "dubbo", addresses: [{ ip: "127.0.0.1", port: 9 }] }]);
    expect(bound[0]?.listener.tunnels).toEqual([to("a"), to("b"), to("c")]);
  });

  it("observes only what leads to one cluster, and says so", () => {
    const { bound, problems } = bindListeners([observing(1, "a", "a"), observing(2, "a", "b"), observing(3)], []);
    expect(bound.map(({ listener }) => listener.mode)).toEqual(["observe", "call", "call"]);
    expect(problems).toEqual([
      expect.stringContaining(
        "outbound_dubbo_2 is of mode observe, for which all routes must lead to one cluster, and they lead to 2",
      ),
      expect.stringContaining("and they lead to 0"),
    ]);
  });

  it("gives a node no address of a family that it lacks", () => {
    const both = [
      { ip: "10.0.0.5", port: 9 },
      { ip: "fd00::5", port: 9 },
    ] as const;
    const listen = [
      { protocol: "dubbo", addresses: both },
      { protocol: "tars", addresses: [both[1]] as const },
    ];
    const ports = [listener("dubbo", 1, "a"), listener("tars", 2, "b"), listener("thrift", 3, "c")];
    const on = (...families: Parameters<typeof bind.bindListeners>[2]) => bind.bindListeners(ports, listen, families);
    const ipv4 = on("IPv4");
    expect(ipv4.bound.map(({ addresses }) => addresses)).toEqual([[{ ip: "127.0.0.1", port: 3 }], [both[0]]]);
    expect(ipv4.problems).toEqual([
      "listener outbound_tars_9 is left out: it is at [fd00::5]:9, and the node has no address but of IPv4. Give it another one with --listen",
    ]);
    const ipv6 = on("IPv6");
    expect(ipv6.bound.map(({ addresses }) => addresses)).toEqual([[{ ip: "::1", port: 3 }], [both[1]]]);
    expect(ipv6.problems).toEqual([expect.stringContaining("left out: fd00::5 port 9 is taken")]);
  });
});
