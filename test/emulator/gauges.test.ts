import { beforeEach, describe, expect, it } from "vitest";
import { encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy, filterModule } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] }],
});

function connectAndCall(envoy: EmulatedEnvoy) {
  const connection = envoy.connect("dubbo", (made) => new Http2Peer(made, envoy.loop, DEFAULT_PEER));
  connection.receive(encodeCall({ id: 1, service: "a.B", method: "c" }));
  envoy.run();
  return connection;
}

describe("gauges of several workers", () => {
  let workers: [EmulatedEnvoy, EmulatedEnvoy];

  beforeEach(() => {
    const first = new EmulatedEnvoy();
    workers = [first, new EmulatedEnvoy(filterModule(), first)];
    for (const worker of workers) expect(worker.configureWorker("dubbo", CONFIG)).toBe(true);
  });

  const gauge = (name: string) => workers[0].metrics.value(name);
  const active = () => gauge("meltemi_connections_active;listener=dubbo");

  it("are the sum of all, and go back with each", () => {
    const [first, second] = workers;
    const one = connectAndCall(first);
    connectAndCall(first);
    const other = connectAndCall(second);
    for (const { vm } of workers) vm.tick();
    expect(active()).toBe(3);
    expect(gauge("meltemi_calls_in_flight;listener=dubbo")).toBe(3);
    expect(gauge("meltemi_tunnels_active;listener=dubbo;state=open")).toBe(3);
    expect(gauge("meltemi_memory_bytes")).toBe(first.vm.memory.size + second.vm.memory.size);
    one.closeByClient();
    other.closeByClient();
    for (const { vm } of workers) vm.tick();
    expect(active()).toBe(1);
    expect(gauge("meltemi_calls_in_flight;listener=dubbo")).toBe(1);
  });

  it("lose the part of a VM that has crashed", () => {
    const [first, second] = workers;
    connectAndCall(first);
    connectAndCall(second);
    for (const { vm } of workers) vm.tick();
    expect(active()).toBe(2);
    // The first one is never called again. Ten seconds later it is dead.
    for (let i = 0; i < 8; i++) second.vm.tick();
    expect(active()).toBe(2);
    for (let i = 0; i < 3; i++) second.vm.tick();
    expect(active()).toBe(1);
    expect(gauge("meltemi_memory_bytes")).toBe(second.vm.memory.size);
    for (let i = 0; i < 20; i++) second.vm.tick();
    expect(active()).toBe(1);
  });

  it("are right again when a VM was slow and not dead", () => {
    const [first, second] = workers;
    connectAndCall(first);
    connectAndCall(second);
    for (const { vm } of workers) vm.tick();
    for (let i = 0; i < 15; i++) second.vm.tick();
    expect(active()).toBe(1);
    first.vm.tick();
    expect(active()).toBe(2);
    for (let i = 0; i < 5; i++) for (const { vm } of workers) vm.tick();
    expect(active()).toBe(2);
    expect(gauge("meltemi_memory_bytes")).toBe(first.vm.memory.size + second.vm.memory.size);
  });

  it("are told in full by a process of a hundred listeners and many changes", () => {
    const [first] = workers;
    for (let i = 0; i < 100; i++) expect(first.configureWorker(`listener-${i}`, CONFIG)).toBe(true);
    const connections = Array.from({ length: 100 }, (_, i) =>
      first.connect(`listener-${i}`, (made) => new Http2Peer(made, first.loop, DEFAULT_PEER)),
    );
    first.vm.tick();
    for (let i = 0; i < 100; i++) expect(gauge(`meltemi_connections_active;listener=listener-${i}`)).toBe(1);
    for (const connection of connections) connection.closeByClient();
    first.vm.tick();
    for (let i = 0; i < 100; i++) expect(gauge(`meltemi_connections_active;listener=listener-${i}`)).toBe(0);
  });
});

describe("upstream failures", () => {
  it("have a bounded number of time series", () => {
    const envoy = new EmulatedEnvoy();
    const hosts = Array.from({ length: 1500 }, (_, i) => ({
      name: `s${i}`,
      services: [`s${i}`],
      routes: [{ route: { cluster: `c${i}` } }],
    }));
    expect(envoy.configureWorker("dubbo", JSON.stringify({ virtual_hosts: hosts }))).toBe(true);
    const connect = Object.fromEntries(hosts.map((_, i) => [`c${i}`, "UH" as const]));
    const connection = envoy.connect("dubbo", (made) => new Http2Peer(made, envoy.loop, { ...DEFAULT_PEER, connect }));
    hosts.forEach((_, i) => {
      connection.receive(encodeCall({ id: i, service: `s${i}`, method: "m" }));
      envoy.run();
    });
    envoy.vm.tick();
    const failures = envoy.metrics.names().filter((name) => name.startsWith("meltemi_upstream_failures_total"));
    expect(failures).toHaveLength(1001);
    const value = (name: string) => envoy.metrics.value(`meltemi_upstream_failures_total;${name}`);
    expect(value("cluster=c0;host=-;reason=UH")).toBe(1);
    expect(value("cluster=c500;host=other;reason=UH")).toBe(1);
    expect(value("cluster=other;host=other;reason=other")).toBe(500);
  });
});
