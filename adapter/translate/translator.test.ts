import { describe, expect, test } from "vitest";
import type { FilterConfig } from "../filter-config/filter-config.js";
import type { Mesh } from "../model/model.js";
import { recognise } from "../resource/recognise.js";
import { parseFile } from "../source/file-content.js";
import type { SourceState } from "../source/source.js";
import { formatProblem } from "../status/format.js";
import type { CheckFilterConfig } from "./filter-refusal.js";
import { type Translation, Translator } from "./translator.js";

function service(versions: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews }
spec:
  hosts: [ reviews.default.svc.cluster.local ]
  ports: [ { number: 20880, name: dubbo } ]
  resolution: STATIC
  endpoints: [ { address: 10.0.0.1, labels: { version: v1 } }, { address: 10.0.0.2, labels: { version: v2 } } ]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets: [ ${versions
    .split(" ")
    .map((version) => `{ name: ${version}, labels: { version: ${version} } }`)
    .join(", ")} ]
`;
}

function virtualService(name: string, routes: string, hosts = `com.example.${name}`): string {
  return `---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [ "${hosts}" ]
  routes: ${routes}
`;
}

function to(subset: string, match = ""): string {
  return `[ { ${match} route: [ { destination: { host: reviews, subset: ${subset} } } ] } ]`;
}

function regex(expression: string): string {
  return `match: [ { attributes: { user: { regex: "${expression}" } } } ],`;
}

const V1_V2 = service("v1 v2");

function read(...texts: string[]): SourceState {
  return parseFile(texts.join(""), "a.yaml", recognise);
}

/** The clusters that calls to a service go to, in the order of its routes. */
function clusters({ mesh }: { readonly mesh: Mesh }, name: string): readonly string[] | undefined {
  const hosts = mesh.listeners.flatMap(({ virtualHosts }) => virtualHosts);
  const host = hosts.find(({ services }) => services.includes(`com.example.${name}`));
  return host?.routes.flatMap(({ destinations }) => destinations.map(({ subset }) => subset ?? ""));
}

function lines({ problems }: Translation): readonly string[] {
  return problems.map(formatProblem);
}

function policy(spec: string, name = "p"): string {
  return `---
apiVersion: networking.meltemi.io/v1alpha1
kind: ListenerPolicy
metadata: { name: ${name} }
spec: { protocol: dubbo, port: 20880, ${spec} }
`;
}

function tunnels(spec: string): string {
  return `---
apiVersion: networking.meltemi.io/v1alpha1
kind: DestinationPolicy
metadata: { name: t }
spec: { host: reviews, ${spec} }
`;
}

const TLS = "tls: { mode: SIMPLE, serverCertificate: /s.pem, privateKey: /s.key }";
const ONE = virtualService("a", to("v1"), "*");
const ALL_TO_V1 = `${ONE}---\n${virtualService("b", to("v1"), "reviews").slice(4)}`;

describe("a ListenerPolicy", () => {
  const listener = ({ mesh }: Translation) => mesh.listeners[0];

  test.each([
    [
      "an unknown field",
      policy("mode: OBSERVE, idleTimeOut: 1s"),
      "spec.idleTimeOut: unknown field; did you mean idleTimeout?",
    ],
    ["a mode that the routes do not allow", policy("mode: OBSERVE"), "spec.mode: OBSERVE: all routes must lead to one"],
    ["a listener that does not exist", policy("x").replace("20880, x", "1"), "spec.port: there is no listener dubbo 1"],
  ])("that turns bad by %s stays in force as it was", (_, bad, expected) => {
    const translator = new Translator();
    const good = policy(`mode: CONNECTION, idleTimeout: 1s, ${TLS}`);
    const first = translator.translate(read(V1_V2, virtualService("a", to("v1")), good));
    expect(lines(first)).toEqual([]);
    const then = translator.translate(read(V1_V2, virtualService("a", to("v1")), bad));
    expect(listener(then)).toEqual(listener(first));
    expect(listener(then)).toMatchObject({
      mode: "connection",
      settings: { idleTimeout_ms: 1000 },
      tls: { mode: "SIMPLE" },
    });
    expect(lines(then)).toEqual([expect.stringContaining(`error: ListenerPolicy default/p: ${expected}`)]);
    expect(lines(then)[0]).toMatch(/; the resource's last good version stays in force$/);
    expect(listener(translator.translate(read(V1_V2, virtualService("a", to("v1")))))).toMatchObject({ mode: "call" });
  });

  test("whose mode the routes do no longer allow keeps all but its mode, TLS above all", () => {
    const translator = new Translator();
    const observed = translator.translate(read(V1_V2, ALL_TO_V1, policy(`mode: OBSERVE, ${TLS}`)));
    expect(lines(observed)).toEqual([]);
    expect(listener(observed)).toMatchObject({ mode: "observe", tls: { mode: "SIMPLE" } });
    const routes = ALL_TO_V1 + virtualService("c", to("v2"));
    const split = translator.translate(read(V1_V2, routes, policy(`mode: OBSERVE, ${TLS}`)));
    expect(listener(split)).toMatchObject({ mode: "call", tls: { mode: "SIMPLE" } });
    expect(lines(split)).toEqual([expect.stringContaining("and they lead to 2; write CALL or CONNECTION")]);
    expect(listener(translator.translate(read(V1_V2, ALL_TO_V1, policy("mode: OBSERVE"))))).toMatchObject({
      mode: "observe",
    });
  });

  test("that asks for TLS and was never good keeps its listener closed", () => {
    const translator = new Translator();
    const closed = translator.translate(read(V1_V2, ONE, policy(`mode: OBSERV, ${TLS}`)));
    expect(closed.mesh.listeners).toEqual([]);
    expect(lines(closed)).toEqual(
      [
        expect.stringContaining(
          'spec.mode: "OBSERV": must be one of CALL, CONNECTION, OBSERVE, AUTO; did you mean OBSERVE?',
        ),
        expect.stringContaining("spec.tls: the listener dubbo 20880 is not served until the policy is good"),
      ].sort(),
    );
    expect(listener(translator.translate(read(V1_V2, ONE, policy(TLS))))).toMatchObject({ tls: { mode: "SIMPLE" } });
    // One that does not speak of TLS opens nothing that would else be closed.
    expect(new Translator().translate(read(V1_V2, ONE, policy("mode: OBSERV"))).mesh.listeners.length).toBe(1);
  });

  test.each([
    ["one destination", ALL_TO_V1, "", "observe"],
    ["one destination and a longest message", ALL_TO_V1, "maxMessageBytes: 2048,", "observe"],
    ["two destinations", ONE, "", "call"],
    ["calls that no route takes", ALL_TO_V1 + virtualService("c", to("v1", regex("a"))), "", "call"],
    ["connections that are told to go", ALL_TO_V1, "maxConnectionAge: 1h,", "call"],
    ["connections that are closed when no call is under way", ALL_TO_V1, "idleTimeout: 1h,", "call"],
    ["a policy for tunnels to the destination", ALL_TO_V1 + tunnels("subset: v1, tunnels: { maximum: 1 }"), "", "call"],
    ["a policy for tunnels to another one", ALL_TO_V1 + tunnels("subset: v2, tunnels: { maximum: 1 }"), "", "observe"],
  ])("of mode AUTO with %s", (_, routes, settings, mode) => {
    const translation = new Translator().translate(read(V1_V2, routes, policy(`${settings} mode: AUTO`)));
    expect(lines(translation)).toEqual([]);
    expect(listener(translation)).toMatchObject({ mode });
  });

  test("of two for one listener the first stays, as long as it is there", () => {
    const translator = new Translator();
    const both = translator.translate(read(V1_V2, ONE, policy("idleTimeout: 1s", "p"), policy("idleTimeout: 2s", "q")));
    expect(listener(both)).toMatchObject({ settings: { idleTimeout_ms: 1000 } });
    expect(lines(both)).toEqual([
      expect.stringMatching(/ListenerPolicy default\/q: .* ListenerPolicy default\/p \(a\.yaml/),
    ]);
    expect(listener(translator.translate(read(V1_V2, ONE, policy("idleTimeout: 2s", "q"))))).toMatchObject({
      settings: { idleTimeout_ms: 2000 },
    });
  });
});

describe("a DestinationPolicy", () => {
  const settings = ({ mesh }: Translation) =>
    mesh.listeners[0]?.tunnels?.map(({ subset, tunnels }) => [subset, tunnels]);

  test.each([
    [
      "a subset that does not exist",
      tunnels("subset: v3, tunnels: { maximum: 9 }"),
      "spec.subset: reviews.default.svc.cluster.local has no subset v3; there is v1, v2",
    ],
    [
      "a duration of nothing",
      tunnels("subset: v1, tunnels: { maxAge: 0s }"),
      "spec.tunnels.maxAge: 0s: must be 1s to 2147483647ms",
    ],
  ])("that turns bad by %s stays in force as it was", (_, bad, expected) => {
    const translator = new Translator();
    translator.translate(read(V1_V2, ONE, tunnels("subset: v1, tunnels: { maximum: 3 }")));
    const then = translator.translate(read(V1_V2, ONE, bad));
    expect(settings(then)).toContainEqual(["v1", { maximum: 3 }]);
    expect(lines(then)).toEqual([expect.stringContaining(expected)]);
    expect(lines(then)[0]).toMatch(/; the resource's last good version stays in force$/);
  });

  test("for a subset of which the rule knows no longer is not in force", () => {
    const translator = new Translator();
    const written = tunnels("subset: v2, tunnels: { maximum: 3 }");
    translator.translate(read(V1_V2, ONE, written));
    const then = translator.translate(read(service("v1"), ONE, written));
    expect(lines(then)).toEqual([expect.not.stringContaining("stays in force")]);
  });
});

describe("a resource that turns bad", () => {
  test.each([
    ["an unknown field", to("v2", "matches: [],"), "spec.routes[0].matches: unknown field; did you mean match?"],
    ["a subset that does not exist", to("v3"), "has no subset v3; there is v1, v2"],
  ])("by %s stays in force as it was, and the others change", (_, routes, expected) => {
    const translator = new Translator();
    translator.translate(read(V1_V2, virtualService("a", to("v1")), virtualService("b", to("v1"))));
    const bad = translator.translate(read(V1_V2, virtualService("a", routes), virtualService("b", to("v2"))));
    expect(clusters(bad, "a")).toEqual(["v1"]);
    expect(clusters(bad, "b")).toEqual(["v2"]);
    expect(lines(bad)).toEqual([expect.stringContaining("error: VirtualService default/a: ")]);
    expect(lines(bad)[0]).toContain(expected);
    expect(lines(bad)[0]).toMatch(/; the resource's last good version stays in force$/);

    const better = translator.translate(read(V1_V2, virtualService("a", to("v2"))));
    expect(clusters(better, "a")).toEqual(["v2"]);
    expect(lines(better)).toEqual([]);
  });

  test("and was never good is not in force", () => {
    const translation = new Translator().translate(
      read(V1_V2, virtualService("a", to("v3")), virtualService("b", to("v1"))),
    );
    expect(clusters(translation, "a")).toBeUndefined();
    expect(clusters(translation, "b")).toEqual(["v1"]);
    expect(lines(translation)).toEqual([expect.not.stringContaining("stays in force")]);
  });

  test("and is then deleted is gone", () => {
    const translator = new Translator();
    translator.translate(read(V1_V2, virtualService("a", to("v1"))));
    translator.translate(read(V1_V2, virtualService("a", to("v3"))));
    expect(clusters(translator.translate(read(V1_V2)), "a")).toBeUndefined();
    // What comes back under its name does not find the old version.
    expect(clusters(translator.translate(read(V1_V2, virtualService("a", to("v3")))), "a")).toBeUndefined();
  });

  test("because of another resource stays in force, too", () => {
    const translator = new Translator();
    translator.translate(read(V1_V2, virtualService("a", to("v2"))));
    const without = translator.translate(read(service("v1"), virtualService("a", to("v2"))));
    expect(clusters(without, "a")).toEqual(["v2"]);
    expect(lines(without)).toEqual([expect.stringContaining("has no subset v2")]);
  });

  test("does so as a service and as a rule", () => {
    const translator = new Translator();
    translator.translate(read(V1_V2, virtualService("a", to("v2"))));
    const bad = V1_V2.replace("resolution: STATIC", "resolution: SOMEHOW").replace(
      "host: reviews\n",
      "host: ratings\n",
    );
    const translation = translator.translate(read(bad, virtualService("a", to("v2"))));
    expect(clusters(translation, "a")).toEqual(["v2"]);
    expect(translation.mesh.services.map(({ subsets }) => subsets.map(({ name }) => name))).toEqual([["v1", "v2"]]);
    expect(lines(translation)).toEqual([
      expect.stringMatching(/ServiceEntry default\/reviews: spec\.resolution: .*stays in force$/),
      expect.stringMatching(/DestinationRule default\/reviews: spec\.host: .*stays in force$/),
    ]);
  });
});

test("the same resource twice: the first is taken, and the problem names both places", () => {
  const text = virtualService("a", to("v1"));
  const translation = new Translator().translate(read(V1_V2, text, virtualService("a", to("v2"))));
  expect(clusters(translation, "a")).toEqual(["v1"]);
  expect(lines(translation)).toEqual([
    expect.stringMatching(
      /^a\.yaml:25: error: VirtualService default\/a: VirtualService default\/a \(a\.yaml:18\) is the same resource/,
    ),
  ]);
});

test("equal resources make equal text, in whatever order they stand", () => {
  const parts = [
    V1_V2,
    `---\n${V1_V2.replaceAll("reviews", "ratings")}`,
    virtualService("a", to("v1")),
    virtualService("b", to("v2")),
  ];
  const text = (order: readonly string[]) => JSON.stringify(new Translator().translate(read(...order)).mesh);
  expect(text([...parts].reverse().map((part) => `---\n${part}`))).toBe(text(parts));
});

describe("what the filter refuses", () => {
  /** Like the filter: refuses a table with a bad expression as a whole, by the path of the first. */
  const asked: FilterConfig[] = [];
  const checkFilterConfig: CheckFilterConfig = (_, config) => {
    asked.push(config);
    for (const [host, { routes }] of config.virtual_hosts.entries()) {
      for (const [route, { match }] of routes.entries()) {
        const bad = match?.attributes.findIndex(({ regex_match }) => regex_match?.includes("(")) ?? -1;
        if (bad >= 0) {
          return `virtual_hosts[${host}].routes[${route}].match.attributes[${bad}].regex_match: missing ): ${match?.attributes[bad]?.regex_match}`;
        }
      }
    }
    return undefined;
  };

  test("is left out by name and line, and nothing else is", () => {
    const translation = new Translator({ checkFilterConfig }).translate(
      read(
        V1_V2,
        virtualService("a", to("v1", regex("(jason"))),
        virtualService("b", to("v1", regex("jason"))),
        virtualService("c", to("v1", regex("(jane"))),
      ),
    );
    expect([clusters(translation, "a"), clusters(translation, "b"), clusters(translation, "c")]).toEqual([
      undefined,
      ["v1"],
      undefined,
    ]);
    expect(lines(translation)).toEqual([
      "a.yaml:23: error: VirtualService default/a: spec.routes[0].match[0].attributes.user: missing ): (jason",
      "a.yaml:37: error: VirtualService default/c: spec.routes[0].match[0].attributes.user: missing ): (jane",
    ]);
  });

  test("stays in force in the version that the filter took", () => {
    const translator = new Translator({ checkFilterConfig });
    translator.translate(read(V1_V2, virtualService("a", to("v1", regex("jason")))));
    const bad = read(V1_V2, virtualService("a", to("v2", regex("(jason"))));
    for (let again = 0; again < 2; again++) {
      const translation = translator.translate(bad);
      expect(clusters(translation, "a")).toEqual(["v1"]);
      expect(lines(translation)).toEqual([
        expect.stringMatching(/missing \): \(jason; the resource's last good version stays in force$/),
      ]);
    }
  });

  test("is not asked again for what did not change", () => {
    const translator = new Translator({ checkFilterConfig });
    const state = read(V1_V2, virtualService("a", to("v1")));
    translator.translate(state);
    asked.length = 0;
    translator.translate(state);
    expect(asked).toEqual([]);
  });

  test("only together is left out where the table is full", () => {
    const full: CheckFilterConfig = (_, { virtual_hosts }) => {
      const names = virtual_hosts.flatMap(({ routes }, host) =>
        routes.flatMap(({ match }, route) => (match?.attributes ?? []).map(({ name }) => ({ name, host, route }))),
      );
      const third = names[2];
      return third && `virtual_hosts[${third.host}].routes[${third.route}].match.attributes[0]: too many attributes`;
    };
    const texts = ["a", "b", "c", "d"].map((name) =>
      virtualService(name, to("v1", `match: [ { attributes: { ${name}: { present: true } } } ],`)),
    );
    const translator = new Translator({ checkFilterConfig: full });
    const translation = translator.translate(read(V1_V2, ...texts));
    expect(["a", "b", "c", "d"].filter((name) => clusters(translation, name) !== undefined)).toEqual(["a", "b"]);
    expect(lines(translation)).toEqual([
      expect.stringContaining("VirtualService default/c: spec.routes[0].match[0].attributes.c: too many attributes"),
      expect.stringContaining("VirtualService default/d: spec.routes[0].match[0].attributes.d: too many attributes"),
    ]);
    // It was never bad in itself: with room there it comes into force.
    const room = translator.translate(read(V1_V2, ...texts.slice(2)));
    expect(clusters(room, "d")).toEqual(["v1"]);
    expect(lines(room)).toEqual([]);
  });

  test("for no route in particular is told of the listener", () => {
    const translation = new Translator({ checkFilterConfig: () => "too large" }).translate(read(V1_V2));
    expect(lines(translation)).toEqual(["error: the filter refuses the routes of the listener dubbo 20880: too large"]);
  });
});
