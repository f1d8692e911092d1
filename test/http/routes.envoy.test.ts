import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Mesh } from "../../adapter/model/model.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import {
  type CODES,
  decodeRequest,
  describeRequest,
  encodeResponse,
  RATE_LIMIT_SERVICE,
} from "../support/rate-limit-service.js";
import { EnvoyUnderTest } from "../xds/envoy-under-test.js";
import { type AskOptions, ask, type Response } from "./ask.js";
import { Backend } from "./backend.js";
import { GOOD_REGEXES } from "./regexes.js";

const CODE = { kind: "inline", bytes: readFileSync(new URL("../../dist/meltemi.wasm", import.meta.url)) } as const;
const REVIEWS = "reviews.prod.svc.cluster.local";

let v1: Backend;
let v2: Backend;
let other: Backend;
let limiter: Limiter;
let envoy: EnvoyUnderTest;

/** A rate limit service that lets so many pass of what it is asked. */
class Limiter {
  readonly asked: string[] = [];
  passes = Number.POSITIVE_INFINITY;

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Limiter> {
    const server = new Server();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const limiter = new Limiter(port, server);
    const bytes = { serialize: (value: Uint8Array) => Buffer.from(value), deserialize: (value: Buffer) => value };
    server.addService(
      {
        ShouldRateLimit: {
          path: `/${RATE_LIMIT_SERVICE}/ShouldRateLimit`,
          requestStream: false,
          responseStream: false,
          requestSerialize: bytes.serialize,
          requestDeserialize: bytes.deserialize,
          responseSerialize: bytes.serialize,
          responseDeserialize: bytes.deserialize,
        },
      },
      {
        ShouldRateLimit: (call: { request: Buffer }, done: (error: null, answer: Uint8Array) => void) => {
          limiter.asked.push(describeRequest(decodeRequest(call.request)));
          limiter.passes--;
          const code: keyof typeof CODES = limiter.passes >= 0 ? "OK" : "OVER_LIMIT";
          done(null, encodeResponse(code));
        },
      },
    );
    return limiter;
  }

  close(): void {
    this.server.forceShutdown();
  }
}

/** Services whose servers are here, and what is written besides. */
function meshWith(resources: string): Mesh {
  const text = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [${REVIEWS}]
  addresses: [10.0.0.1, "fd00::1"]
  ports: [{ number: 9080, name: http }]
  resolution: STATIC
  endpoints:
    - { address: 127.0.0.1, ports: { http: ${v1.port} }, labels: { version: v1 } }
    - { address: 127.0.0.1, ports: { http: ${v2.port} }, labels: { version: v2 } }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: other, namespace: prod }
spec:
  hosts: [other.example.com]
  ports: [{ number: 9080, name: http2, targetPort: ${other.port} }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: limits, namespace: infra }
spec:
  hosts: [limits.infra.svc.cluster.local]
  ports: [{ number: 8081, name: grpc, targetPort: ${limiter.port} }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: prod }
spec:
  host: reviews
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
${resources}`;
  const state = parseFile(text, "input.yaml", recognise);
  const { mesh, problems } = new Translator().translate(state);
  if (problems.length > 0) throw new Error(problems.map(({ field, reason }) => `${field}: ${reason}`).join("\n"));
  return mesh;
}

function istio(http: string): string {
  return `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [reviews]
  http:
${http.replace(/^/gm, "    ")}
`;
}

function meltemi(spec: string): string {
  return `---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [reviews]
${spec.replace(/^/gm, "  ")}
`;
}

const TO = (subset: string) => `[{ destination: { host: reviews, subset: ${subset} } }]`;

const IPS = ["127.0.0.1", "::1"] as const;

function get(path: string, options: Partial<AskOptions> = {}): Promise<Response> {
  return ask({ port: envoy.listenerPort, host: "reviews:9080", path, ...options });
}

async function counts(times: number, path: string): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const by = (await get(path)).by ?? "nobody";
    found[by] = (found[by] ?? 0) + 1;
  }
  return found;
}

beforeAll(async () => {
  v1 = await Backend.start("v1");
  v2 = await Backend.start("v2");
  other = await Backend.start("other", true);
  limiter = await Limiter.start();
});

afterAll(async () => {
  for (const backend of [v1, v2, other]) await backend.close();
  limiter.close();
});

describe.each([
  ["Envoy 1.40, delta", "MELTEMI_TEST_ENVOY_1_40", "delta"],
  ["Envoy 1.36, state of the world", "MELTEMI_TEST_ENVOY_1_36", "sotw"],
] as const)("%s", (_name, variable, mode) => {
  beforeAll(async () => {
    envoy = await EnvoyUnderTest.start(process.env[variable] as string, mode, CODE, meshWith(""), 1, IPS, "http");
  });

  afterEach(() => {
    for (const backend of [v1, v2, other]) backend.reset();
    limiter.asked.length = 0;
    limiter.passes = Number.POSITIVE_INFINITY;
  });

  afterAll(async () => {
    await envoy.stop();
  });

  it("a service without a VirtualService is reached by all its names, over both families, and others are not", async () => {
    await envoy.serve(meshWith(""));
    const names = [
      "reviews",
      "reviews.prod",
      "reviews.prod.svc",
      REVIEWS,
      `${REVIEWS}:9080`,
      "10.0.0.1:9080",
      "[fd00::1]:9080",
    ];
    for (const host of names) {
      for (const ip of ["127.0.0.1", "::1"]) expect((await get("/", { host, ip })).asked?.headers.host).toBe(host);
    }
    expect((await get("/", { host: "nobody" })).status).toBe(404);
  });

  it("canary by header and by weight, without a change of the listener", async () => {
    const steps = await envoy.serve(
      meshWith(
        istio(`- match: [{ headers: { end-user: { exact: jason } } }, { uri: { prefix: /v2/ }, withoutHeaders: { x-robot: {} } }]
  route: ${TO("v2")}
- route:
    - { destination: { host: reviews, subset: v1 }, weight: 3 }
    - { destination: { host: reviews, subset: v2 }, weight: 1 }`),
      ),
    );
    expect(steps).not.toContain("+LDS");
    expect((await get("/", { headers: { "end-user": "jason" } })).by).toBe("v2");
    expect((await get("/v2/a")).by).toBe("v2");
    const found = await counts(400, "/");
    expect(found.v2).toBeGreaterThan(60);
    expect(found.v2).toBeLessThan(140);
    expect((found.v1 ?? 0) + (found.v2 ?? 0)).toBe(400);
  });

  it("path, query, regular expressions, rewrites, redirects, answers and headers", async () => {
    await envoy.serve(
      meshWith(
        istio(`- match: [{ uri: { regex: "/items/[0-9]+" }, method: { exact: GET } }]
  rewrite: { uriRegexRewrite: { match: "/items/([0-9]+)", rewrite: '/i/\\1' }, authority: inner }
  headers:
    request: { set: { x-who: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% 100%%" }, add: { x-one: two }, remove: [x-secret] }
    response: { set: { x-mesh: yes } }
  route: ${TO("v1")}
- match: [{ uri: { prefix: /old/ }, ignoreUriCase: true, queryParams: { a: { exact: b } } }]
  rewrite: { uri: /new/ }
  route: ${TO("v2")}
- match: [{ uri: { exact: /away } }]
  redirect: { uri: /there, authority: example.com, redirectCode: 308 }
- match: [{ uri: { exact: /healthz } }]
  directResponse: { status: 207, body: { string: fine } }
- match: [{ uri: { exact: /all } }]
  route: ${TO("v1")}`),
      ),
    );
    const item = await get("/items/7?a=b", { headers: { "x-one": "one", "x-secret": "s" } });
    expect(item.asked?.url).toBe("/i/7?a=b");
    expect(item.asked?.headers).toMatchObject({ host: "inner", "x-who": "127.0.0.1 100%", "x-one": "one, two" });
    expect(item.asked?.headers).not.toHaveProperty("x-secret");
    expect(item.headers["x-mesh"]).toBe("yes");
    expect((await get("/OLD/x?a=b")).asked?.url).toBe("/new/x?a=b");
    const away = await get("/away");
    expect([away.status, away.headers.location]).toEqual([308, "http://example.com/there"]);
    const answer = await get("/healthz");
    expect([answer.status, answer.body]).toEqual([207, "fine"]);
    expect((await get("/items/x")).status).toBe(404);
    expect((await get("/old/x")).status).toBe(404);
  });

  it("faults, timeouts and retries", async () => {
    await envoy.serve(
      meshWith(
        istio(`- match: [{ uri: { exact: /broken } }]
  fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
  route: ${TO("v1")}
- match: [{ uri: { exact: /late } }]
  fault: { delay: { fixedDelay: 300ms, percentage: { value: 100 } } }
  route: ${TO("v1")}
- match: [{ uri: { exact: /slow } }]
  timeout: 200ms
  route: ${TO("v1")}
- match: [{ uri: { exact: /again } }]
  retries: { attempts: 3, retryOn: "503", backoff: 1ms }
  route: ${TO("v1")}
- match: [{ uri: { exact: /once } }]
  retries: { attempts: 0 }
  route: ${TO("v1")}
- route: ${TO("v2")}`),
      ),
    );
    expect((await get("/broken")).status).toBe(418);
    expect(v1.asked).toEqual([]);
    const began = performance.now();
    expect((await get("/late")).by).toBe("v1");
    expect(performance.now() - began).toBeGreaterThan(290);
    v1.answer = () => ({ status: 200, after_ms: 5000 });
    expect((await get("/slow")).status).toBe(504);
    v1.reset();
    v1.answer = (_asked, count) => ({ status: count < 3 ? 503 : 200 });
    expect((await get("/again")).status).toBe(200);
    expect(v1.asked.length).toBe(3);
    v1.reset();
    v1.answer = () => ({ status: 503 });
    expect((await get("/once")).status).toBe(503);
    expect(v1.asked.length).toBe(1);
  });

  it("mirrors", async () => {
    await envoy.serve(
      meshWith(istio(`- route: ${TO("v1")}\n  mirrors: [{ destination: { host: reviews, subset: v2 } }]`)),
    );
    expect((await get("/copied")).by).toBe("v1");
    await v2.askedTimes(1);
    expect(v2.asked[0]?.url).toBe("/copied");
  });

  it("cors", async () => {
    await envoy.serve(
      meshWith(
        istio(`- corsPolicy: { allowOrigins: [{ exact: https://example.com }], allowMethods: [GET], maxAge: 1h }
  route: ${TO("v1")}`),
      ),
    );
    const headers = { origin: "https://example.com", "access-control-request-method": "GET" };
    const preflight = await get("/", { method: "OPTIONS", headers });
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "https://example.com",
      "access-control-allow-methods": "GET",
      "access-control-max-age": "3600",
    });
    expect(v1.asked).toEqual([]);
  });

  it("Meltemi's VirtualService: attributes, inverted ones, and limits of one Envoy", async () => {
    const limits = "localRateLimits: [{ maxTokens: 4, fillInterval: 1h }]";
    await envoy.serve(
      meshWith(
        meltemi(`${limits}
routes:
  - match: [{ attributes: [{ path: { prefix: /api/ } }, { path: { suffix: .json, invert: true } }, { x-user: { exact: jason } }] }]
    localRateLimits: [{ maxTokens: 1, fillInterval: 1h, match: [{ attributes: { x-kind: { exact: rare } } }] }]
    route: ${TO("v2")}
  - match: [{ attributes: { path: { prefix: /free } } }]
    route: ${TO("v1")}
  - route: ${TO("v1")}`),
      ),
    );
    const jason = { headers: { "x-user": "jason" } };
    const rare = { headers: { "x-user": "jason", "x-kind": "rare" } };
    expect((await get("/api/a?x=.json", jason)).by).toBe("v2");
    expect((await get("/api/a.json?x=1", jason)).by).toBe("v1");
    expect((await get("/api/a", rare)).by).toBe("v2");
    // The second of that kind; and it has taken a token of all routes.
    expect((await get("/api/a", rare)).status).toBe(429);
    expect((await get("/api/a", jason)).status).toBe(429);
    expect((await get("/free")).status).toBe(429);
  });

  it("limits of all Envoys, by a service that is asked", async () => {
    await envoy.serve(
      meshWith(
        meltemi(`globalRateLimit:
  service: { host: limits.infra.svc.cluster.local }
  domain: shop
  timeout: 5s
  descriptors:
    - entries: [{ key: service, value: reviews }, { key: user, attribute: x-user }]
    - entries: [{ key: remote_address, attribute: source.ip }]
routes: [{ route: ${TO("v1")} }]`),
      ),
    );
    limiter.passes = 1;
    expect((await get("/", { headers: { "x-user": "jason" } })).by).toBe("v1");
    expect((await get("/")).status).toBe(429);
    expect(limiter.asked).toEqual([
      "shop 0 service=reviews,user=jason;remote_address=127.0.0.1",
      "shop 0 remote_address=127.0.0.1",
    ]);
  });

  it("regular expressions that are taken are taken by Envoy", async () => {
    const routes = GOOD_REGEXES.map(
      (regex) => `- { match: [{ uri: { regex: ${JSON.stringify(regex)} } }], route: ${TO("v1")} }`,
    );
    await envoy.serve(meshWith(istio(routes.join("\n"))));
    expect((await get("/items/1")).by).toBe("v1");
  });

  it("HTTP/2 from end to end, with trailers as gRPC has them", async () => {
    await envoy.serve(meshWith(""));
    const session = connect(`http://127.0.0.1:${envoy.listenerPort}`);
    const stream = session.request({ ":method": "POST", ":path": "/a.B/C", ":authority": "other.example.com:9080" });
    stream.end("hello");
    const status = await new Promise((resolve) => {
      stream.on("response", (headers) => resolve(headers[":status"]));
    });
    expect(status).toBe(200);
    session.close();
    // A client of HTTP/1.1 reaches it, too.
    expect((await get("/", { host: "other.example.com:9080" })).by).toBe("other");
  });
});
