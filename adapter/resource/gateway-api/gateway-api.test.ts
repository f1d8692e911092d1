import { describe, expect, test } from "vitest";
import { parseFile } from "../../source/file-content.js";
import { formatFieldPath } from "../../status/field-path.js";
import { parseResource } from "../parse-resource.js";
import { recognise } from "../recognise.js";
import type { Checked } from "./checked.js";
import type { ApiGateway, ConnectionRoute, ReferenceGrant, RequestRoute } from "./resources.js";

function read<Resource>(kind: string, spec: string, version = "v1"): Resource {
  const text = `{ apiVersion: gateway.networking.k8s.io/${version}, kind: ${kind}, metadata: { name: a, namespace: prod }, spec: ${spec} }`;
  const { resources, problems } = parseFile(text, "a.yaml", recognise);
  expect(problems).toEqual([]);
  const [parsed] = resources.map(parseResource);
  expect(parsed?.problems).toEqual([]);
  return parsed?.resource as Resource;
}

function faultsOf({ faults, spec }: Checked<unknown>): readonly string[] {
  expect(spec === undefined).toBe(faults.length > 0);
  return faults.map(({ path, reason }) => `${formatFieldPath(path)}: ${reason}`);
}

function httpRule(rule: string) {
  return read<RequestRoute>("HTTPRoute", `{ parentRefs: [ { name: edge } ], rules: [ ${rule} ] }`).spec;
}

function firstRule(rule: string) {
  const { faults, spec } = httpRule(rule);
  expect(faults).toEqual([]);
  return spec?.rules[0];
}

test("a Gateway has listeners, whose defaults are filled in", () => {
  const listeners = `[
    { name: http, port: 80, protocol: HTTP },
    { name: https, port: 443, protocol: HTTPS, hostname: "*.example.com", tls: { certificateRefs: [ { name: cert } ] },
      allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { team: a } } }, kinds: [ { kind: HTTPRoute } ] } } ]`;
  const gateway = read<ApiGateway>("Gateway", `{ gatewayClassName: meltemi, listeners: ${listeners} }`);
  expect(gateway.kind).toBe("Gateway.gateway.networking.k8s.io");
  expect(gateway.spec).toEqual({
    className: "meltemi",
    faults: [],
    spec: {
      addresses: [],
      listeners: [
        {
          path: ["spec", "listeners", 0],
          name: "http",
          hostname: undefined,
          port: 80,
          protocol: "HTTP",
          tls: undefined,
          namespaces: { from: "Same" },
          kinds: undefined,
        },
        {
          path: ["spec", "listeners", 1],
          name: "https",
          hostname: "*.example.com",
          port: 443,
          protocol: "HTTPS",
          tls: {
            mode: "Terminate",
            files: undefined,
            certificates: [
              {
                path: ["spec", "listeners", 1, "tls", "certificateRefs", 0],
                group: "",
                kind: "Secret",
                namespace: undefined,
                name: "cert",
                port: undefined,
              },
            ],
          },
          namespaces: { from: "Selector", requirements: [{ key: "team", operator: "In", values: ["a"] }] },
          kinds: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
        },
      ],
    },
  });
});

describe("what a Gateway says that Meltemi does not do is kept with it, with field and reason", () => {
  const listener = "{ name: a, port: 80, protocol: HTTP }";

  test.each([
    [`listeners: [ ${listener}, ${listener} ]`, "spec.listeners[1].name: a stands here twice"],
    [
      "listeners: [ { name: a, port: 80, protocol: HTTP, backlog: 1 } ]",
      /^spec\.listeners\[0\]\.backlog: unknown field/,
    ],
    [
      `listeners: [ ${listener} ], addresses: [ { type: IPAddress, value: 10.0.0.1 } ]`,
      /^spec\.addresses\[0\]\.type: IPAddress: Meltemi gives nobody an address/,
    ],
    [
      `listeners: [ ${listener} ], infrastructure: { parametersRef: { group: a, kind: B, name: c } }`,
      /^spec\.infrastructure\.parametersRef: Meltemi starts no Envoys/,
    ],
    [`listeners: [ ${listener} ], tls: { frontend: {} }`, /^spec\.tls: certificates of clients/],
    ["listeners: []", "spec.listeners: is empty: it says nothing. Leave it out, or write what it is to say"],
  ])("%s", (text, reason) => {
    const { spec } = read<ApiGateway>("Gateway", `{ gatewayClassName: others, ${text} }`);
    expect(spec.className).toBe("others");
    expect(faultsOf(spec)).toEqual([typeof reason === "string" ? reason : expect.stringMatching(reason)]);
  });
});

test("a route names its parents, whatever else is wrong with it", () => {
  const { parents, faults } = read<RequestRoute>(
    "HTTPRoute",
    "{ parentRefs: [ { name: edge, sectionName: http }, { namespace: other, name: b, port: 80 } ], rules: [ { sessionPersistence: {} } ] }",
  ).spec;
  expect(parents).toMatchObject([
    { group: "gateway.networking.k8s.io", kind: "Gateway", namespace: "prod", name: "edge", sectionName: "http" },
    { namespace: "other", name: "b", port: 80, written: { namespace: "other", name: "b", port: 80 } },
  ]);
  expect(faults).toEqual([
    { path: ["spec", "rules", 0, "sessionPersistence"], reason: expect.stringMatching(/does not keep sessions/) },
  ]);
});

describe("an HTTPRoute's matches", () => {
  test.each([
    ["{ path: { type: PathPrefix, value: /foo/ } }", { path: { kind: "segments", value: "/foo" } }, [0, 4, 0, 0, 0]],
    ["{ path: { value: / } }", {}, [0, 0, 0, 0, 0]],
    ["{ path: { type: Exact, value: /foo/ } }", { path: { kind: "exact", value: "/foo/" } }, [2, 5, 0, 0, 0]],
    [
      "{ path: { type: RegularExpression, value: '/[a-z]+' } }",
      { path: { kind: "regex", value: "/[a-z]+" } },
      [1, 7, 0, 0, 0],
    ],
    [
      "{ method: GET, headers: [ { name: X-A, value: b }, { name: x-a, value: c } ] }",
      {
        headers: [
          { name: ":method", value: { kind: "exact", value: "GET" }, invert: false },
          { name: "x-a", value: { kind: "exact", value: "b" }, invert: false },
        ],
      },
      [0, 0, 1, 1, 0],
    ],
    [
      "{ queryParams: [ { name: q, type: RegularExpression, value: '.+' }, { name: Q, value: c } ] }",
      {
        query: [
          { name: "q", value: { kind: "regex", value: ".+" } },
          { name: "Q", value: { kind: "exact", value: "c" } },
        ],
      },
      [0, 0, 0, 0, 2],
    ],
  ])("%s", (match, read, rank) => {
    expect(firstRule(`{ matches: [ ${match} ] }`)?.matches).toEqual([{ match: read, rank }]);
  });

  test("none: every request", () => {
    const { spec } = read<RequestRoute>("HTTPRoute", "{ hostnames: [ a.example.com ] }").spec;
    expect(spec).toMatchObject({ hostnames: ["a.example.com"], rules: [{ matches: [{ match: {} }], backends: [] }] });
  });
});

test("an HTTPRoute's filters, backends, times and retries", () => {
  const rule = firstRule(`{
    filters: [
      { type: RequestHeaderModifier, requestHeaderModifier: { set: [ { name: a, value: b } ], remove: [ c ] } },
      { type: ResponseHeaderModifier, responseHeaderModifier: { add: [ { name: d, value: e } ] } },
      { type: URLRewrite, urlRewrite: { hostname: x.example.com, path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } },
      { type: RequestMirror, requestMirror: { backendRef: { name: copy, port: 80 }, fraction: { numerator: 1, denominator: 3 } } } ],
    backendRefs: [ { name: a, port: 80, weight: 9 }, { name: b, namespace: other, port: 81,
      filters: [ { type: RequestHeaderModifier, requestHeaderModifier: { add: [ { name: f, value: g } ] } } ] } ],
    timeouts: { request: 10s, backendRequest: 2s }, retry: { codes: [ 503 ] } }`);
  expect(rule).toMatchObject({
    filters: {
      headers: {
        request: { set: { a: "b" }, add: {}, remove: ["c"] },
        response: { set: {}, add: { d: "e" }, remove: [] },
      },
      rewrite: { authority: "x.example.com", path: { kind: "prefix", value: "/" } },
      mirrors: [{ ref: { kind: "Service", name: "copy", port: 80 }, percentage: 33.3333 }],
    },
    backends: [
      { ref: { name: "a", namespace: undefined, port: 80 }, weight: 9 },
      {
        ref: { name: "b", namespace: "other", port: 81 },
        weight: 1,
        filters: { headers: { request: { add: { f: "g" } } } },
      },
    ],
    timeout_ms: 10_000,
    retry: { attempts: 2, statuses: [503], perTryTimeout_ms: 2_000 },
  });
});

test("a redirect; a timeout of nothing is none; without retries one try is the request", () => {
  const redirect = "{ scheme: https, path: { type: ReplaceFullPath, replaceFullPath: /new } }";
  expect(
    firstRule(`{ filters: [ { type: RequestRedirect, requestRedirect: ${redirect} } ] }`)?.filters.redirect,
  ).toEqual({ scheme: "https", path: { kind: "full", value: "/new" }, status: 302 });
  expect(firstRule("{ timeouts: { request: 0s } }")?.timeout_ms).toBeUndefined();
  expect(firstRule("{ timeouts: { request: 9s, backendRequest: 1s } }")).toMatchObject({ timeout_ms: 1_000 });
});

describe("what is wrong in an HTTPRoute", () => {
  const rewrite = "{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }";

  test.each([
    ["{ matches: [ { path: { value: foo } } ] }", "matches[0].path.value: foo: must begin with /"],
    ["{ matches: [ { path: { type: Glob } } ] }", /^matches\[0\]\.path\.type: "Glob": must be one of Exact, /],
    ["{ matches: [ { cookies: [] } ] }", /^matches\[0\]\.cookies: unknown field/],
    [
      `{ matches: [ { path: { type: Exact, value: /a } } ], filters: [ ${rewrite} ] }`,
      "filters[0].urlRewrite.path.type: ReplacePrefixMatch needs matches of type PathPrefix alone",
    ],
    [`{ filters: [ ${rewrite}, ${rewrite} ] }`, "filters[1].type: URLRewrite stands here twice"],
    ["{ filters: [ { type: URLRewrite } ] }", "filters[0]: URLRewrite has urlRewrite and nothing besides"],
    [
      "{ filters: [ { type: ExtensionRef } ] }",
      "filters[0].type: ExtensionRef: Meltemi has no filters of its own kinds",
    ],
    ["{ filters: [ { type: CORS, cors: {} } ] }", /^filters\[0\]\.type: CORS: CORS is not answered/],
    [
      "{ filters: [ { type: RequestHeaderModifier, requestHeaderModifier: { set: [ { name: Host, value: a } ] } } ] }",
      /Host cannot be changed by a header modifier/,
    ],
    [
      '{ filters: [ { type: RequestHeaderModifier, requestHeaderModifier: { set: [ { name: a, value: "b\\nc" } ] } } ] }',
      /must be a header's value, without control characters/,
    ],
    [
      "{ filters: [ { type: RequestRedirect, requestRedirect: { scheme: https } } ], backendRefs: [ { name: a, port: 80 } ] }",
      "backendRefs: requests that RequestRedirect sends elsewhere go to no backend",
    ],
    [
      "{ backendRefs: [ { name: a, port: 80, filters: [ { type: URLRewrite, urlRewrite: {} } ] } ] }",
      "backendRefs[0].filters[0].type: URLRewrite is not for one backend of several: write it for the rule",
    ],
    ["{ retry: { backoff: 1s } }", /^retry\.backoff: pauses before retries are drawn/],
    [
      "{ timeouts: { request: 1s, backendRequest: 2s } }",
      "timeouts.backendRequest: 2s: must not be longer than request, 1s",
    ],
  ])("%s", (rule, reason) => {
    const [fault = "", ...others] = faultsOf(httpRule(rule));
    expect(others).toEqual([]);
    const said = fault.replace("spec.rules[0].", "");
    if (typeof reason === "string") expect(said).toBe(reason);
    else expect(said).toMatch(reason);
  });
});

describe("a GRPCRoute's methods are paths", () => {
  test.each([
    ["{ service: a.B, method: C }", { kind: "exact", value: "/a.B/C" }, [1, 3, 1, 0]],
    ["{ service: a.B }", { kind: "prefix", value: "/a.B/" }, [1, 3, 0, 0]],
    ["{ method: C }", { kind: "regex", value: "/[^/]+/C" }, [1, 0, 1, 0]],
    ["{ type: RegularExpression, service: 'a|b' }", { kind: "regex", value: "/(?:a|b)/(?:[^/]+)" }, [0, 3, 0, 0]],
  ])("%s", (method, path, rank) => {
    const { faults, spec } = read<RequestRoute>(
      "GRPCRoute",
      `{ rules: [ { matches: [ { method: ${method} } ] } ] }`,
    ).spec;
    expect(faults).toEqual([]);
    expect(spec?.rules[0]?.matches).toEqual([{ match: { path }, rank }]);
  });

  test.each([
    ["{}", "spec.rules[0].matches[0].method: service or method is needed here"],
    ["{ service: a/b }", /^spec\.rules\[0\]\.matches\[0\]\.method\.service: a\/b: must be a name of gRPC/],
  ])("%s is none", (method, reason) => {
    const { spec } = read<RequestRoute>("GRPCRoute", `{ rules: [ { matches: [ { method: ${method} } ] } ] }`);
    expect(faultsOf(spec)).toEqual([typeof reason === "string" ? reason : expect.stringMatching(reason)]);
  });
});

test("routes of connections, also by the names of their older versions", () => {
  const rules = "rules: [ { backendRefs: [ { name: a, port: 1, weight: 3 }, { name: b, port: 2 } ] } ]";
  const backends = [
    { ref: { name: "a", port: 1 }, weight: 3 },
    { ref: { name: "b", port: 2 }, weight: 1 },
  ];
  expect(read<ConnectionRoute>("TCPRoute", `{ ${rules} }`, "v1alpha2").spec.spec).toMatchObject({ backends });
  const tls = read<ConnectionRoute>("TLSRoute", `{ hostnames: [ a.example.com ], ${rules} }`, "v1alpha3");
  expect(tls.spec.spec).toMatchObject({ hostnames: ["a.example.com"], backends });
});

test("a ReferenceGrant", () => {
  const from = "{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a }";
  const grant = read<ReferenceGrant>("ReferenceGrant", `{ from: [ ${from} ], to: [ { group: core, kind: Service } ] }`);
  expect(grant.spec.to).toEqual([{ group: "", kind: "Service", name: undefined }]);
});
