import { beforeAll, expect, test } from "vitest";
import { configOf, SERVICE } from "./config.js";
import { compileRouter, Router } from "./router.js";

let module: WebAssembly.Module;
let router: Router;

beforeAll(async () => {
  module = await compileRouter();
  router = new Router(module);
});

const action = { cluster: "c" };

test("the service in the message names the virtual host, and * takes the rest", () => {
  const hosts = [
    { name: "one", services: ["a", "b"], routes: [{ route: action }] },
    { name: "two", services: ["c"], routes: [] },
  ];
  const strict = router.table({ virtual_hosts: hosts });
  expect(strict.virtualHost({ service: "b", attributes: {} })).toBe("one");
  expect(strict.find({ service: "c", attributes: {} })).toBe(-1);
  expect(strict.find({ service: "d", attributes: {} })).toBe(-2);
  expect(strict.find({ service: "", attributes: {} })).toBe(-2);
  const open = router.table({
    virtual_hosts: [...hosts, { name: "rest", services: ["*"], routes: [{ route: action }] }],
  });
  expect(open.virtualHost({ service: "a", attributes: {} })).toBe("one");
  expect(open.virtualHost({ service: "d", attributes: {} })).toBe("rest");
  strict.free();
  open.free();
});

test("all conditions of a route must hold, and the first route that matches is taken", () => {
  const user = { name: "user", exact_match: "jason" };
  const method = { name: "method", prefix_match: "get" };
  const table = router.table(configOf([[user, method], [method], [user], []]));
  const find = (attributes: Record<string, string>) => table.find({ service: SERVICE, attributes });
  expect(find({ user: "jason", method: "getAll" })).toBe(0);
  expect(find({ user: "mary", method: "getAll" })).toBe(1);
  expect(find({ user: "jason", method: "put" })).toBe(2);
  expect(find({})).toBe(3);
  table.free();
});

test("clusters are drawn in proportion to their weights", () => {
  const clusters = [
    { name: "never", weight: 0 },
    { name: "v1", weight: 75 },
    { name: "v2", weight: 25 },
  ];
  const table = router.table({
    virtual_hosts: [{ name: "a", services: ["a"], routes: [{ route: { weighted_clusters: { clusters } } }] }],
  });
  const drawn = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const name = table.cluster({ service: "a", attributes: {} }, Math.floor((i * 2 ** 32) / 1000));
    drawn.set(name, (drawn.get(name) ?? 0) + 1);
  }
  expect(Object.fromEntries(drawn)).toEqual({ v1: 750, v2: 250 });
  expect(table.cluster({ service: "a", attributes: {} }, 0xffffffff)).toBe("v2");
  table.free();
});

test("a weight may take all 32 bits", () => {
  const clusters = [
    { name: "v1", weight: 1 },
    { name: "v2", weight: 4294967294 },
  ];
  const table = router.table({
    virtual_hosts: [{ name: "a", services: ["a"], routes: [{ route: { weighted_clusters: { clusters } } }] }],
  });
  expect(table.cluster({ service: "a", attributes: {} }, 0)).toBe("v1");
  expect(table.cluster({ service: "a", attributes: {} }, 0xffffffff)).toBe("v2");
  table.free();
});

test("each attribute has one slot, and the codec's own are asked for by number", () => {
  const table = router.table(
    configOf([
      [
        { name: "user", exact_match: "a" },
        { name: "method", exact_match: "b" },
      ],
      [
        { name: "interface", present_match: true },
        { name: "user", prefix_match: "c" },
        { name: "Method", exact_match: "d" },
      ],
    ]),
  );
  expect([0, 1, 2, 3].map((builtin) => table.builtinSlot(builtin))).toEqual([2, 1, -1, -1]);
  expect(table.namedCount).toBe(2);
  table.free();
});

test("tables give back all of their memory and names, good ones and bad ones", () => {
  const own = new Router(module);
  const names = Array.from({ length: 200 }, (_, i) => `service-${i}`);
  const config = (last: unknown) => ({
    virtual_hosts: names.map((name) => ({
      name,
      services: [name],
      routes: [
        { match: { attributes: [{ name: "user", regex_match: `${name}-(a|b)*` }] }, route: { cluster: `${name}-v2` } },
        { match: { attributes: [{ name: "esc\u0001aped", contains_match: '"\\' }] }, route: { cluster: `${name}-v2` } },
        { route: name === "service-199" ? last : { cluster: `${name}-v1` } },
      ],
    })),
  });
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      own.table(config({ cluster: "v1" })).free();
      expect(own.read(config({ cluster: 1 }))).toBe("virtual_hosts[199].routes[2].route.cluster: must be a string");
    }
  };
  rounds(10);
  const before = own.memoryBytes;
  rounds(500);
  expect(own.memoryBytes).toBe(before);
}, 60_000);

test("two tables stand side by side", () => {
  const first = router.table(configOf([[{ name: "user", exact_match: "a" }]]));
  const second = router.table(
    configOf([
      [
        { name: "zone", exact_match: "x" },
        { name: "user", exact_match: "b" },
      ],
    ]),
  );
  first.free();
  expect(second.find({ service: SERVICE, attributes: { zone: "x", user: "b" } })).toBe(0);
  expect(second.cluster({ service: SERVICE, attributes: { zone: "x", user: "b" } }, 0)).toBe("cluster-0");
  second.free();
});

test.each([
  (i: number) => `com.example.Service${i}`,
  (i: number) => `service-${i}.prod.svc.cluster.local`,
  (i: number) => `${i}`,
])("names that differ in few places spread over the buckets", (name) => {
  const buckets = new Set(Array.from({ length: 10_000 }, (_, i) => router.hash(name(i)) & 0x7fff));
  // Random numbers would leave 32,768 × (1 − e^(−10,000 ÷ 32,768)) = 8,618 of them in use.
  expect(buckets.size).toBeGreaterThan(8_300);
});
