import { beforeAll, expect, test } from "vitest";
import { configOf, type Matcher, SERVICE } from "./config.js";
import { compileRouter, Router, type Table } from "./router.js";

/** Prints what things cost; what is asserted is only that the right route was found. */
let module: WebAssembly.Module;

beforeAll(async () => {
  module = await compileRouter();
});

type Case = [
  what: string,
  matchers: (i: number) => readonly Matcher[],
  attributes: (last: number) => Record<string, string>,
];

const cases: Case[] = [
  ["exact", (i) => [{ name: "user", exact_match: `user-${i}` }], (last) => ({ user: `user-${last}` })],
  [
    "exact of two attributes",
    (i) => [
      { name: "zone", exact_match: `zone-${i % 7}` },
      { name: "user", exact_match: `user-${i}` },
    ],
    (last) => ({ zone: `zone-${last % 7}`, user: `user-${last}` }),
  ],
  ["prefix", (i) => [{ name: "path", prefix_match: `/api/v${i}/` }], (last) => ({ path: `/api/v${last}/items` })],
  [
    "mixed",
    (i) => {
      const kinds = [
        { exact_match: `u${i}` },
        { prefix_match: `u${i}.` },
        { suffix_match: `.u${i}` },
        { regex_match: `u${i}-[0-9]+` },
      ];
      return [{ name: "user", ...kinds[i % 4] }];
    },
    (last) => ({ user: `u${last}-55` }),
  ],
  [
    "regex (a cookie)",
    (i) => [{ name: "cookie", regex_match: `^(.*?;)?(user=u${i})(;.*)?$` }],
    (last) => ({ cookie: `a=b;user=u${last};c=d` }),
  ],
  [
    "ranges, which no index helps",
    (i) => [{ name: "size", range_match: { start: i, end: i + 1 } }],
    (last) => ({ size: String(last) }),
  ],
];

function measure(count: number, [, matchers, attributes]: Case): { table: Table; read_ms: number; find_ns: number } {
  const router = new Router(module);
  const json = JSON.stringify(configOf(Array.from({ length: count }, (_, i) => matchers(i))));
  const start = performance.now();
  const table = router.table(json);
  const read_ms = performance.now() - start;
  const call = { service: SERVICE, attributes: attributes(count - 1) };
  expect(table.find(call)).toBe(count - 1);
  return { table, read_ms, find_ns: table.time(call, 20_000) };
}

test.each(cases)(
  "one of 10,000 routes: %s",
  (...of) => {
    const few = measure(12, of);
    const many = measure(10_000, of);
    console.log(
      `${of[0]}: ${few.find_ns.toFixed(0)} ns with 12 routes, ${many.find_ns.toFixed(0)} ns with 10,000 (read in ${many.read_ms.toFixed(0)} ms)`,
    );
  },
  60_000,
);

test("one of 10,000 virtual hosts", () => {
  const config = (count: number) =>
    JSON.stringify({
      virtual_hosts: Array.from({ length: count }, (_, i) => ({
        name: `service-${i}.prod:20880`,
        services: [`com.example.Service${i}`],
        routes: [{ name: "default", route: { cluster: `outbound|20880||service-${i}.prod.svc.cluster.local` } }],
      })),
    });
  const find_ns = [10, 10_000].map((count) => {
    const table = new Router(module).table(config(count));
    const call = { service: `com.example.Service${count - 1}`, attributes: {} };
    expect(table.virtualHost(call)).toBe(`service-${count - 1}.prod:20880`);
    return table.time(call, 100_000);
  });
  const router = new Router(module);
  const json = new TextEncoder().encode(config(10_000));
  const read_ms = Array.from({ length: 7 }, () => {
    const start = performance.now();
    const table = router.read(json);
    const took = performance.now() - start;
    if (typeof table === "string") throw new Error(table);
    table.free();
    return took;
  });
  console.log(
    `virtual hosts: ${find_ns[0]?.toFixed(0)} ns with 10, ${find_ns[1]?.toFixed(0)} ns with 10,000; ${(json.length / 1e6).toFixed(1)} MB read in ${read_ms.map((ms) => ms.toFixed(1)).join(", ")} ms`,
  );
}, 60_000);
