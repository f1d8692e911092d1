import type { Random } from "../support/random.js";

const MELTEMI = "networking.meltemi.io/v1alpha1";
const ISTIO = "networking.istio.io/v1";

/** Few, so that two namespaces mostly have the same ones; some are a namespace's own by right, some only look so. */
const HOSTS = [
  "reviews.example",
  "shop.example",
  "reviews",
  "reviews.foo",
  "reviews.bar",
  "reviews.bar.svc.cluster.local",
  "reviews.foo.svc.cluster.local",
  "reviews.istio-system.svc.cluster.local",
  "demo.Reviews",
];
const NAMES = ["demo.Reviews", "demo.Shop", "reviews", "reviews.example", "*", "reviews.bar.svc.cluster.local"];
const PORTS = [20880, 20881, 9090];
/** None of RPC's: of a port that both have at a sidecar RPC has the wildcard address, whosever it is. */
const HTTP_PORTS = [80, 8080];
const HTTP_HOSTS = ["web.example", "reviews.bar.svc.cluster.local", "web"];
const PROTOCOLS = ["dubbo", "thrift", "awesome", "auto"];
const SUBSETS = ["v1", "v2"];

/** Resources of a namespace, as YAML, each by itself. Many refer to others, many are wrong in some way. `exportTo`: as it may be written. */
export function randomResources(random: Random, namespace: string, exportTo: readonly string[]): readonly string[] {
  return Array.from({ length: 1 + random.below(14) }, (_, index) => {
    const make = random.pick(MAKERS);
    const { kind, apiVersion, spec, annotation } = make(random);
    const written = EXPORTED.has(kind) ? random.pick(exportTo) : "";
    const exported = written === "" ? "" : `, exportTo: ${written}`;
    const annotations =
      kind === "Service" && /^\[.*\]$/.test(written)
        ? `, annotations: { networking.istio.io/exportTo: '${written.replaceAll(/[[\]'" ]/g, "")}' }`
        : "";
    const named = kind === "Service" ? "reviews" : `${kind.toLowerCase()}-${index}`;
    const metadata = `{ name: ${named}, namespace: ${namespace}${annotations}${annotation ?? ""} }`;
    const body =
      kind === "EndpointSlice" || kind === "Pod" ? spec : `spec: { ${spec}${kind === "Service" ? "" : exported} }`;
    return `{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: ${metadata}, ${body} }`;
  });
}

const EXPORTED = new Set(["ServiceEntry", "DestinationRule", "VirtualService", "MetaRouter", "Service"]);

interface Made {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: string;
  readonly annotation?: string;
}

type Maker = (random: Random) => Made;

const serviceEntry: Maker = (random) => {
  const ports = PORTS.slice(random.below(2)).map(
    (number, i) => `{ number: ${number}, name: ${random.pick(PROTOCOLS)}-${i} }`,
  );
  const endpoints = random.oneIn(3)
    ? "workloadSelector: { labels: { app: reviews } }"
    : `endpoints: [ { address: 10.0.0.${random.below(250)}, labels: { version: ${random.pick(SUBSETS)} } } ]`;
  const address = random.oneIn(2) ? `, addresses: [ 240.0.0.${random.below(3)} ]` : "";
  const spec = `hosts: [ ${random.pick(HOSTS)} ], ports: [ ${ports.join(", ")} ], resolution: STATIC, ${endpoints}${address}`;
  return { kind: "ServiceEntry", apiVersion: ISTIO, spec };
};

const workloadEntry: Maker = (random) => ({
  kind: "WorkloadEntry",
  apiVersion: ISTIO,
  spec: `address: 10.1.0.${random.below(250)}, labels: { app: reviews, version: ${random.pick(SUBSETS)} }`,
});

const service: Maker = (random) => ({
  kind: "Service",
  apiVersion: "v1",
  spec: `clusterIP: 10.96.0.${random.below(3)}, ports: [ { port: ${random.pick(PORTS)}, name: ${random.pick(PROTOCOLS)} } ]`,
});

const slice: Maker = (random) => ({
  kind: "EndpointSlice",
  apiVersion: "discovery.k8s.io/v1",
  annotation: ", labels: { kubernetes.io/service-name: reviews }",
  spec: `addressType: IPv4, ports: [ { name: dubbo, port: 20880 } ], endpoints: [ { addresses: [ 10.2.0.${random.below(250)} ] } ]`,
});

const rule: Maker = (random) => {
  const subsets = SUBSETS.map((name) => `{ name: ${name}, labels: { version: ${name} } }`).join(", ");
  const policy = random.oneIn(2) ? ", trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 } } }" : "";
  return {
    kind: "DestinationRule",
    apiVersion: ISTIO,
    spec: `host: ${random.pick(HOSTS)}, subsets: [ ${subsets} ]${policy}`,
  };
};

function destination(random: Random): string {
  const subset = random.oneIn(2) ? `, subset: ${random.pick(SUBSETS)}` : "";
  const port = random.oneIn(2) ? `, port: { number: ${random.pick(PORTS)} }` : "";
  return `{ destination: { host: ${random.pick(HOSTS)}${subset}${port} } }`;
}

const virtualService: Maker = (random) => {
  const protocol = random.oneIn(2) ? `, protocol: ${random.pick(PROTOCOLS)}` : "";
  const match = random.oneIn(2)
    ? `match: [ { attributes: { user: { ${random.pick(["exact", "regex"])}: 'a(b' } } } ], `
    : "";
  const mirror = random.oneIn(4) ? `, mirrors: [ ${destination(random)} ]` : "";
  const routes = `[ { ${match}route: [ ${destination(random)} ] }, { route: [ ${destination(random)} ]${mirror} } ]`;
  return {
    kind: "VirtualService",
    apiVersion: MELTEMI,
    spec: `hosts: [ '${random.pick(NAMES)}' ], routes: ${routes}${protocol}`,
  };
};

const httpService: Maker = (random) => {
  const ports = HTTP_PORTS.slice(random.below(2)).map((number) => `{ number: ${number}, name: http-${number} }`);
  const address = random.oneIn(2) ? `, addresses: [ 240.1.0.${random.below(3)} ]` : "";
  const endpoint = `{ address: 10.3.0.${random.below(250)}, labels: { version: ${random.pick(SUBSETS)} } }`;
  const spec = `hosts: [ ${random.pick(HTTP_HOSTS)} ], ports: [ ${ports.join(", ")} ], resolution: STATIC, endpoints: [ ${endpoint} ]${address}`;
  return { kind: "ServiceEntry", apiVersion: ISTIO, spec };
};

/** Most refer to nothing, which others could be wanted for. */
const httpVirtualService: Maker = (random) => {
  const to = `route: [ { destination: { host: ${random.pick(HTTP_HOSTS)}, port: { number: ${random.pick(HTTP_PORTS)} } } } ]`;
  const action = random.oneIn(4) ? to : `directResponse: { status: ${random.pick([403, 404])} }`;
  const match = random.oneIn(2) ? "match: [ { uri: { prefix: /a } } ], " : "";
  const name = random.pick([...HTTP_HOSTS, "*.example", "legacy.example"]);
  return { kind: "VirtualService", apiVersion: ISTIO, spec: `hosts: [ '${name}' ], http: [ { ${match}${action} } ]` };
};

const metaRouter: Maker = (random) => ({
  kind: "MetaRouter",
  apiVersion: "metaprotocol.aeraki.io/v1alpha1",
  spec: `hosts: [ ${random.pick(HOSTS)} ], routes: [ { match: { attributes: { interface: { exact: ${random.pick(NAMES.slice(0, 2))} } } }, route: [ ${destination(random)} ] } ]`,
});

const listenerPolicy: Maker = (random) => {
  const tls = random.oneIn(2)
    ? ", tls: { mode: SIMPLE, serverCertificate: /certs/cert.pem, privateKey: /certs/key.pem }"
    : "";
  const mode = random.oneIn(2) ? `, mode: ${random.pick(["OBSERVE", "CALL"])}` : "";
  const inbound = random.oneIn(4) ? ", inbound: {}" : "";
  const spec = `protocol: ${random.pick(PROTOCOLS)}, port: ${random.pick(PORTS)}, idleTimeout: 5m${tls}${mode}${inbound}`;
  return { kind: "ListenerPolicy", apiVersion: MELTEMI, spec };
};

const destinationPolicy: Maker = (random) => ({
  kind: "DestinationPolicy",
  apiVersion: MELTEMI,
  spec: `host: ${random.pick(HOSTS)}, tunnels: { maximum: ${1 + random.below(4)} }`,
});

const authorizationPolicy: Maker = (random) => ({
  kind: "AuthorizationPolicy",
  apiVersion: MELTEMI,
  spec: `action: ${random.pick(["ALLOW", "DENY", "NONSENSE"])}, rules: [ { from: [ { source: { namespaces: [ foo ] } } ] } ]`,
});

const sidecar: Maker = (random) => ({
  kind: "Sidecar",
  apiVersion: ISTIO,
  spec: `egress: [ { hosts: [ '${random.pick(["*/*", "./*", "bar/*", "foo/*", "~/*"])}' ] } ]`,
});

const gateway: Maker = (random) => ({
  kind: "Gateway",
  apiVersion: ISTIO,
  spec: `selector: { istio: ingressgateway }, servers: [ { port: { number: ${random.pick(PORTS)}, name: dubbo, protocol: TCP }, hosts: [ '*' ] } ]`,
});

const applicationProtocol: Maker = () => ({
  kind: "ApplicationProtocol",
  apiVersion: MELTEMI,
  spec: "protocol: awesome, fields: nonsense",
});

const broken: Maker = (random) => ({
  kind: random.pick(["VirtualService", "ListenerPolicy", "DestinationPolicy"]),
  apiVersion: MELTEMI,
  spec: random.pick(["hosts: 7", "nonsense: true", "routes: [ { route: [ {} ] } ]"]),
});

const MAKERS: readonly Maker[] = [
  serviceEntry,
  serviceEntry,
  serviceEntry,
  workloadEntry,
  service,
  slice,
  rule,
  virtualService,
  virtualService,
  metaRouter,
  httpService,
  httpVirtualService,
  listenerPolicy,
  destinationPolicy,
  authorizationPolicy,
  sidecar,
  gateway,
  applicationProtocol,
  broken,
];
