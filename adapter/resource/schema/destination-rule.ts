import {
  closedMap,
  duration,
  exportTo,
  type JsonSchema,
  labels,
  listOf,
  portNumber,
  refused,
  text,
} from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

const count: JsonSchema = { type: "integer", minimum: 1, maximum: 0x7fffffff };
const percent: JsonSchema = { type: "integer", minimum: 0, maximum: 100 };
const notHttp =
  "calls are not HTTP: of the hash keys only useSourceIp, and httpHeaderName with an attribute's name, have a meaning for them";

const loadBalancer = closedMap({
  simple: {
    type: "string",
    enum: ["UNSPECIFIED", "LEAST_CONN", "LEAST_REQUEST", "ROUND_ROBIN", "RANDOM"],
    "x-meltemi-refused-values": {
      PASSTHROUGH: "calls go to an endpoint of the service, not to the address that the caller dialled: write another",
    },
  },
  consistentHash: closedMap({
    useSourceIp: { type: "boolean" },
    httpHeaderName: text,
    httpCookie: refused(notHttp),
    httpQueryParameterName: refused(notHttp),
    ringHash: closedMap({ minimumRingSize: { ...count, maximum: 8_388_608 } }),
    maglev: closedMap({ tableSize: { ...count, maximum: 5_000_011 } }),
    minimumRingSize: refused("deprecated: write ringHash.minimumRingSize"),
  }),
  localityLbSetting: refused("locality weights and failover are not supported yet"),
  warmupDurationSecs: refused("warm-up is not supported yet"),
  warmup: refused("warm-up is not supported yet"),
});

const connectionPool = closedMap({
  tcp: closedMap({
    maxConnections: count,
    connectTimeout: duration,
    tcpKeepalive: closedMap({ probes: count, time: duration, interval: duration }),
    maxConnectionDuration: refused("not supported yet: connections live as long as their client's"),
    idleTimeout: refused("not supported yet: connections live as long as their client's"),
  }),
  http: {
    ...closedMap({
      http1MaxPendingRequests: { ...count, description: "Requests that wait for a connection. Default: 100000." },
      http2MaxRequests: { ...count, description: "Requests in progress, whatever their HTTP is. Default: 100000." },
      maxRequestsPerConnection: { ...count, description: "Default: any number." },
      maxRetries: { ...count, description: "Retries in progress. Default: 100000." },
      idleTimeout: { ...duration, description: "Of connections without a request. Default: 1h." },
      h2UpgradePolicy: {
        type: "string",
        enum: ["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"],
        description: "UPGRADE: servers whose port says http are spoken to in HTTP/2. Default: as the port says.",
      },
      useClientProtocol: { type: "boolean", description: "Servers are spoken to in what the client speaks." },
      maxConcurrentStreams: { ...count, description: "Of one connection of HTTP/2." },
    }),
    description: "Of ports that speak HTTP.",
  },
});

const outlierDetection = closedMap({
  consecutive5xxErrors: { ...count, minimum: 0 },
  consecutiveGatewayErrors: { ...count, minimum: 0 },
  interval: duration,
  baseEjectionTime: duration,
  maxEjectionPercent: percent,
  minHealthPercent: percent,
  consecutiveErrors: refused("deprecated: write consecutive5xxErrors or consecutiveGatewayErrors"),
  splitExternalLocalOriginErrors: refused("not supported yet: failures to connect count as gateway errors"),
  consecutiveLocalOriginFailures: refused("not supported yet: failures to connect count as consecutiveGatewayErrors"),
});

const tls = closedMap(
  {
    mode: {
      type: "string",
      enum: ["DISABLE", "SIMPLE", "MUTUAL"],
      "x-meltemi-refused-values": {
        ISTIO_MUTUAL:
          "Istio's certificates are not here: write MUTUAL with clientCertificate, privateKey and caCertificates",
      },
    },
    clientCertificate: text,
    privateKey: text,
    caCertificates: text,
    subjectAltNames: listOf(text),
    sni: text,
    insecureSkipVerify: { type: "boolean" },
    credentialName: refused("secrets are not read yet: name files by clientCertificate, privateKey and caCertificates"),
    caCrl: refused("revocation lists are not supported yet"),
  },
  ["mode"],
);

const settings = { loadBalancer, connectionPool, outlierDetection, tls };

const trafficPolicy = closedMap({
  ...settings,
  portLevelSettings: listOf(closedMap({ port: closedMap({ number: portNumber }, ["number"]), ...settings }, ["port"])),
  tunnel: refused("not supported"),
  proxyProtocol: refused("not supported yet"),
  retryBudget: refused("not supported yet"),
});

export const destinationRuleSchema = resourceSchema(
  closedMap(
    {
      host: text,
      trafficPolicy,
      subsets: listOf(closedMap({ name: text, labels, trafficPolicy }, ["name"])),
      exportTo,
      workloadSelector: refused("policies for some of the clients only are not supported yet"),
    },
    ["host"],
  ),
);
