import { beforeAll, describe, expect, test } from "vitest";
import { compileRouter, Router } from "../route/router.js";

let router: Router;

beforeAll(async () => {
  router = new Router(await compileRouter());
});

/** What is wrong with a configuration: undefined for nothing. */
function refusal(config: unknown): string | undefined {
  const table = router.read(config);
  if (typeof table === "string") return table;
  table.free();
  return undefined;
}

const host = (fields: Record<string, unknown>) => ({ virtual_hosts: [{ name: "a", services: ["a"], ...fields }] });
const route = (fields: Record<string, unknown>) => host({ routes: [{ route: { cluster: "c" }, ...fields }] });
const matcher = (fields: Record<string, unknown>) => route({ match: { attributes: [fields] } });
const weights = (...all: unknown[]) =>
  route({ route: { weighted_clusters: { clusters: all.map((weight) => ({ name: "c", weight })) } } });

const settings = (...clusters: unknown[]) => ({ ...route({}), clusters });

const refused: [what: string, config: unknown, reason: string][] = [
  ["nothing", "", "must be an object"],
  ["a list", "[]", "must be an object"],
  ["no virtual hosts", "{}", "virtual_hosts: missing"],
  ["an empty list of them", { virtual_hosts: [] }, "virtual_hosts: missing"],
  ["more after the end", `${JSON.stringify(host({}))} x`, "more text after the end"],
  ["an end too early", '{"virtual_hosts":[', "virtual_hosts[0]: must be an object"],
  ["no colon", '{"virtual_hosts" []}', "virtual_hosts: a colon must follow"],
  ["no comma", '{"max_message_bytes":1 "virtual_hosts":[]}', "max_message_bytes: a comma or } must follow"],
  ["a comma too many", '{"max_message_bytes":1,}', "max_message_bytes: must be a string"],
  [
    "a program where the protocol needs none",
    { program: "AAAA", ...host({}) },
    "program: not a program that this filter can run safely",
  ],
  ["an unknown field", { ...host({}), extra: 1 }, "extra: unknown field"],
  ["an unknown field that is null", { ...host({}), extra: null }, "extra: unknown field"],
  [
    "an unknown field deep within",
    matcher({ name: "u", exact: "x" }),
    "virtual_hosts[0].routes[0].match.attributes[0].exact: unknown field",
  ],
  ["a field given twice", '{"max_message_bytes":1,"maxMessageBytes":1}', "maxMessageBytes: given twice"],
  ["a wrong type", { virtual_hosts: {} }, "virtual_hosts: must be a list"],
  ["a number for a text", host({ name: 1 }), "virtual_hosts[0].name: must be a string"],
  ["no name", { virtual_hosts: [{ services: ["a"] }] }, "virtual_hosts[0].name: missing"],
  ["an empty name", host({ name: "" }), "virtual_hosts[0].name: must not be empty"],
  ["no services", host({ services: [] }), "virtual_hosts[0].services: missing"],
  ["an empty service", host({ services: ["a", ""] }), "virtual_hosts[0].services[1]: must not be empty"],
  [
    "a service twice",
    host({ services: ["a", "b", "a"] }),
    "virtual_hosts[0].services[2]: a virtual host has this service already: a",
  ],
  [
    "a service of another virtual host",
    {
      virtual_hosts: [
        { name: "a", services: ["x"] },
        { name: "b", services: ["y", "x"] },
      ],
    },
    "virtual_hosts[1].services[1]: a virtual host has this service already: x",
  ],
  [
    "two virtual hosts for the rest",
    {
      virtual_hosts: [
        { name: "a", services: ["*"] },
        { name: "b", services: ["*"] },
      ],
    },
    "virtual_hosts[1].services[0]: a virtual host has this service already: *",
  ],
  [
    "a name twice",
    {
      virtual_hosts: [
        { name: "a", services: ["x"] },
        { name: "a", services: ["y"] },
      ],
    },
    "virtual_hosts[1].name: another virtual host has this name: a",
  ],
  ["no action", host({ routes: [{}] }), "virtual_hosts[0].routes[0].route: missing"],
  [
    "an empty action",
    route({ route: {} }),
    "virtual_hosts[0].routes[0].route: cluster or weighted_clusters is missing",
  ],
  [
    "an empty cluster",
    route({ route: { cluster: "" } }),
    "virtual_hosts[0].routes[0].route.cluster: must not be empty",
  ],
  [
    "two actions",
    route({ route: { cluster: "c", weighted_clusters: { clusters: [] } } }),
    "virtual_hosts[0].routes[0].route: only one of cluster and weighted_clusters may be given",
  ],
  ["no weights", weights(), "virtual_hosts[0].routes[0].route.weighted_clusters: weights must add up to 1 or more"],
  [
    "weights of nothing",
    weights(0, 0),
    "virtual_hosts[0].routes[0].route.weighted_clusters: weights must add up to 1 or more",
  ],
  [
    "weights too large",
    weights(4294967295, 1),
    "virtual_hosts[0].routes[0].route.weighted_clusters.clusters[1]: weights must not exceed 4294967295 together",
  ],
  [
    "a weight out of range",
    weights(4294967296),
    "virtual_hosts[0].routes[0].route.weighted_clusters.clusters[0].weight: out of range",
  ],
  [
    "a weight below 0",
    weights(-1),
    "virtual_hosts[0].routes[0].route.weighted_clusters.clusters[0].weight: out of range",
  ],
  [
    "half a weight",
    weights(0.5),
    "virtual_hosts[0].routes[0].route.weighted_clusters.clusters[0].weight: must be an integer",
  ],
  ["a match of nothing", route({ match: {} }), "virtual_hosts[0].routes[0].match.attributes: missing"],
  [
    "a match of an empty list",
    route({ match: { attributes: [] } }),
    "virtual_hosts[0].routes[0].match.attributes: missing",
  ],
  [
    "a matcher without a name",
    matcher({ exact_match: "x" }),
    "virtual_hosts[0].routes[0].match.attributes[0].name: missing",
  ],
  [
    "two kinds of match",
    matcher({ name: "u", exact_match: "x", prefix_match: "x" }),
    "virtual_hosts[0].routes[0].match.attributes[0]: only one kind of match may be given",
  ],
  [
    "a flag that is none",
    matcher({ name: "u", present_match: "true" }),
    "virtual_hosts[0].routes[0].match.attributes[0].present_match: must be true or false",
  ],
  [
    "an empty range",
    matcher({ name: "u", range_match: { start: 2, end: 2 } }),
    "virtual_hosts[0].routes[0].match.attributes[0].range_match: start must be less than end",
  ],
  [
    "more than 64 bits",
    matcher({ name: "u", range_match: { end: "9223372036854775808" } }),
    "virtual_hosts[0].routes[0].match.attributes[0].range_match.end: must be an integer",
  ],
  [
    "a bad regex",
    matcher({ name: "u", regex_match: "a(b" }),
    "virtual_hosts[0].routes[0].match.attributes[0].regex_match: missing closing ): (b",
  ],
  [
    "too many attributes of a route",
    route({ match: { attributes: Array.from({ length: 65 }, () => ({ name: "u", exact_match: "x" })) } }),
    "virtual_hosts[0].routes[0].match.attributes[64]: more than 64 attributes",
  ],
  [
    "too many attributes of all routes",
    host({
      routes: Array.from({ length: 65 }, (_, i) => ({
        match: { attributes: [{ name: `u${i}`, exact_match: "x" }] },
        route: { cluster: "c" },
      })),
    }),
    "virtual_hosts[0].routes[64].match.attributes[0]: the routes name more than 64 different attributes",
  ],
  ["settings without a cluster", settings({ min_tunnels: 1 }), "clusters[0].name: missing"],
  ["settings of a cluster without a name", settings({ name: "" }), "clusters[0].name: must not be empty"],
  [
    "a cluster's settings twice",
    settings({ name: "c" }, { name: "c" }),
    "clusters[1].name: the cluster has settings already: c",
  ],
  ["too many tunnels", settings({ name: "c", max_tunnels: 257 }), "clusters[0].max_tunnels: out of range"],
  ["too many tunnels at least", settings({ name: "c", min_tunnels: 257 }), "clusters[0].min_tunnels: out of range"],
  [
    "fewer tunnels at most than at least",
    settings({ name: "c", min_tunnels: 3, max_tunnels: 2 }),
    "clusters[0].max_tunnels: must not be less than min_tunnels",
  ],
  [
    "a negative number of calls",
    settings({ name: "c", max_tunnel_calls: -1 }),
    "clusters[0].max_tunnel_calls: out of range",
  ],
  [
    "an age beyond 32 bits",
    settings({ name: "c", max_tunnel_age_ms: 2 ** 32 }),
    "clusters[0].max_tunnel_age_ms: out of range",
  ],
  [
    "a part of a call",
    settings({ name: "c", calls_per_tunnel: 0.5 }),
    "clusters[0].calls_per_tunnel: must be an integer",
  ],
  ["an unknown setting of a cluster", settings({ name: "c", tunnels: 1 }), "clusters[0].tunnels: unknown field"],
  [
    "an unknown setting of connections",
    { ...route({}), connection: { max_age: 1 } },
    "connection.max_age: unknown field",
  ],
  [
    "a timeout that is none",
    { ...route({}), connection: { idle_timeout_ms: "1s" } },
    "connection.idle_timeout_ms: must be an integer",
  ],
  ["nesting without end", "[".repeat(100_000), "must be an object"],
  ["nesting in a field", `{"virtual_hosts":${"[".repeat(100_000)}`, "virtual_hosts[0]: must be an object"],
];

describe("refuses", () => {
  test.each(refused)("%s", (_, config, reason) => {
    const said = refusal(config);
    expect(said === undefined ? said : said.slice(0, reason.length + 20)).toBe(reason);
  });

  test.each([
    ["a control character", '"\n"', "a control character in a string"],
    ["no end", '"abc', "a string without an end"],
    ["an escape that ends the text", '"abc\\', "a string without an end"],
    ["an unknown escape", '"\\q"', "a bad escape in a string"],
    ["half a surrogate pair", '"\\ud800x"', "a bad escape in a string"],
    ["two first halves", '"\\ud800\\ud800"', "a bad escape in a string"],
    ["a second half alone", '"\\udc00"', "a bad escape in a string"],
    ["too few digits", '"\\u00e"', "a bad escape in a string"],
    ["no digits", '"\\u00zz"', "a bad escape in a string"],
  ])("a string with %s", (_, json, reason) => {
    expect(refusal(`{"virtual_hosts":[{"name":${json}`)).toBe(`virtual_hosts[0].name: ${reason}`);
  });

  test("strings that are not UTF-8, with an escape and without", () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      for (const before of ["", "\\n"]) {
        const head = new TextEncoder().encode(`{"virtual_hosts":[{"name":"${before}`);
        expect(refusal(Uint8Array.from([...head, ...bad, 0x22]))).toBe(
          "virtual_hosts[0].name: a string that is not UTF-8",
        );
      }
    }
  });

  test("every configuration that is cut short or has a byte changed, without a trap", () => {
    const json = JSON.stringify(
      route({
        match: {
          attributes: [
            { name: "é\n", regex_match: "a[b-c]{2}|(?i:d)" },
            { name: "u", range_match: { start: "1", end: 1e3 } },
          ],
        },
      }),
    );
    const bytes = new TextEncoder().encode(json);
    for (let i = 0; i < bytes.length; i++) {
      expect(refusal(bytes.slice(0, i))).toEqual(expect.any(String));
      for (const byte of [0, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x2c, 0x28, 0xff]) {
        const changed = bytes.slice();
        changed[i] = byte;
        refusal(changed);
      }
    }
    expect(refusal(json)).toBeUndefined();
  });

  test("with a text of bounded length", () => {
    const said = refusal(host({ name: "a", services: ["é".repeat(5000), "é".repeat(5000)] }));
    expect(said).toMatch(/^virtual_hosts\[0\]\.services\[1\]: a virtual host has this service already: é+$/);
    expect(new TextEncoder().encode(said).length).toBeLessThanOrEqual(1024);
  });
});

describe("takes", () => {
  test("both spellings of a field's name, in any order, and null for what is not there", () => {
    const table = router.table(
      '{"maxMessageBytes":null,"virtualHosts":[{"routes":[{"origin":"x","route":{"weightedClusters":{"clusters":[{"weight":1,"name":"c"}]}},"match":null,"name":null},{"route":{"cluster":"d"},"match":{"attributes":[{"exactMatch":"x","invertMatch":false,"name":"u"}]}}],"services":["s"],"name":"n"}]}',
    );
    expect(table.cluster({ service: "s", attributes: {} }, 0)).toBe("c");
    expect(table.maxMessageBytes).toBe(16 << 20);
    table.free();
  });

  test("white space wherever JSON has it", () => {
    expect(refusal(JSON.stringify(weights(1), null, "\t\r\n "))).toBeUndefined();
    expect(refusal(` \n${JSON.stringify(weights(1))}\t `)).toBeUndefined();
  });

  test("texts with every escape", () => {
    const name = '"\\/\b\f\n\r\t\u00e9\u{1f600}\u0001';
    const escaped = '\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83d\\ude00\\u0001';
    const table = router.table(`{"virtual_hosts":[{"name":"${escaped}","services":["${escaped}"],"routes":[]}]}`);
    expect(table.virtualHost({ service: name, attributes: {} })).toBe(name);
    table.free();
  });

  test.each([
    ["1000", 1000],
    ['"1000"', 1000],
    ["1000.0", 1000],
    ["1e3", 1000],
    ["1.5E+3", 1500],
    ['"15000e-1"', 1500],
    ["0.001e6", 1000],
    ["268435456", 268435456],
    ["0", 16 << 20],
    ["-0", 16 << 20],
    ["0e999999999999", 16 << 20],
  ])("%s as an integer", (text, value) => {
    const table = router.table(`{"max_message_bytes":${text},"virtual_hosts":[{"name":"a","services":["a"]}]}`);
    expect(table.maxMessageBytes).toBe(value);
    table.free();
  });

  test.each(["01", "1.", ".5", "+1", "1e", "1.5", "15e-2", "1e99", "--1", '""', '" 1"', '"0x1"', "NaN", "true", "[]"])(
    "%s as no integer",
    (text) => {
      const said = refusal(`{"max_message_bytes":${text},"virtual_hosts":[{"name":"a","services":["a"]}]}`);
      expect(said).toMatch(/^max_message_bytes: must be (an integer|a number)$/);
    },
  );

  test("settings of a cluster, before its routes and after, and none for those that no route names", () => {
    const call = { service: "a", attributes: {} };
    const of = (config: unknown) => {
      const table = router.table(config);
      const settings = table.clusterSettings(call);
      table.free();
      return settings;
    };
    const all = { min_tunnels: 2, max_tunnels: 3, calls_per_tunnel: 4, max_tunnel_age_ms: 5, max_tunnel_calls: 6 };
    const defaults = [1, 16, 100, 60_000, 0];
    expect(of(route({}))).toEqual(defaults);
    expect(of(settings({ name: "c" }))).toEqual(defaults);
    expect(
      of(settings({ name: "c", min_tunnels: 0, max_tunnels: 0, calls_per_tunnel: 0, max_tunnel_age_ms: 0 })),
    ).toEqual(defaults);
    expect(of(settings({ name: "other", ...all }))).toEqual(defaults);
    expect(of(settings({ name: "other" }, { name: "c", ...all }))).toEqual([2, 3, 4, 5, 6]);
    expect(of({ clusters: [{ name: "c", ...all }], ...route({}) })).toEqual([2, 3, 4, 5, 6]);
    expect(of(settings({ name: "c", min_tunnels: 20 }))).toEqual([20, 20, 100, 60_000, 0]);
    expect(of(settings({ name: "c", min_tunnels: 256, max_tunnels: 256 }))).toEqual([256, 256, 100, 60_000, 0]);
    expect(of(settings({ name: "c", max_tunnels: 1 }))).toEqual([1, 1, 100, 60_000, 0]);
  });

  test("settings of connections", () => {
    const of = (connection: unknown) => {
      const table = router.table({ ...route({}), connection });
      const settings = table.connectionSettings;
      table.free();
      return settings;
    };
    expect(of(null)).toEqual([0, 0, 30_000]);
    expect(of({ tunnel_idle_timeout_ms: 0 })).toEqual([0, 0, 30_000]);
    expect(of({ max_age_ms: 1, idle_timeout_ms: 2, tunnel_idle_timeout_ms: 4294967295 })).toEqual([1, 2, 4294967295]);
  });

  test("the ends of 64 bits", () => {
    const range = { start: "-9223372036854775808", end: "9223372036854775807" };
    expect(refusal(matcher({ name: "u", range_match: range }))).toBeUndefined();
    expect(
      refusal(matcher({ name: "u", range_match: { start: -9007199254740991, end: 9007199254740991 } })),
    ).toBeUndefined();
  });
});
