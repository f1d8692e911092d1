import { describe, expect, test } from "vitest";
import { parseFile } from "../source/file-content.js";
import { parseResource } from "./parse-resource.js";
import { recognise } from "./recognise.js";

/** What is wrong with a resource, as `field: reason`. */
function problemsOf(text: string): readonly string[] {
  const { resources, problems } = parseFile(text, "a.yaml", recognise);
  expect(problems).toEqual([]);
  return resources.flatMap((raw) => parseResource(raw).problems.map(({ field, reason }) => `${field}: ${reason}`));
}

function virtualService(spec: string): string {
  return `{ apiVersion: networking.meltemi.io/v1alpha1, kind: VirtualService, metadata: { name: a }, spec: ${spec} }`;
}

function route(text: string): string {
  return virtualService(`{ hosts: [ a ], routes: [ { ${text} } ] }`);
}

function attributes(text: string): string {
  return route(`match: [ { attributes: ${text} } ], route: [ { destination: { host: a } } ]`);
}

function destinations(text: string): string {
  return route(`route: [ ${text} ]`);
}

function istio(kind: string, spec: string): string {
  return `{ apiVersion: networking.istio.io/v1, kind: ${kind}, metadata: { name: a }, spec: ${spec} }`;
}

function serviceEntry(spec: string): string {
  return istio("ServiceEntry", `{ hosts: [ a.example.com ], ports: [ { number: 1, name: dubbo } ], ${spec} }`);
}

function rule(policy: string): string {
  return istio("DestinationRule", `{ host: a, trafficPolicy: { ${policy} } }`);
}

const MATCH = "spec.routes[0].match[0].attributes";
const ROUTE = "spec.routes[0].route";
const POLICY = "spec.trafficPolicy";

function listenerPolicy(spec: string): string {
  return virtualService(`{ protocol: dubbo, port: 1, ${spec} }`).replace("VirtualService", "ListenerPolicy");
}

function destinationPolicy(spec: string): string {
  return virtualService(`{ host: a, ${spec} }`).replace("VirtualService", "DestinationPolicy");
}

describe("a ListenerPolicy is refused, with the field and the reason", () => {
  const files = "serverCertificate: /s.pem, privateKey: /s.key";

  test.each([
    [virtualService("{ protocol: dubbo }").replace("VirtualService", "ListenerPolicy"), "spec: port is needed here"],
    [
      listenerPolicy("mode: call"),
      'spec.mode: "call": must be one of CALL, CONNECTION, OBSERVE, AUTO; did you mean CALL?',
    ],
    [listenerPolicy("maxMessageBytes: 1023"), "spec.maxMessageBytes: 1023: must be 1024 to 268435456"],
    [listenerPolicy("maxMessageBytes: 268435457"), "spec.maxMessageBytes: 268435457: must be 1024 to 268435456"],
    [listenerPolicy("maxMessageBytes: 1Mi"), 'spec.maxMessageBytes: must be a whole number, and is "1Mi"'],
    [listenerPolicy("idleTimeout: 999ms"), "spec.idleTimeout: 999ms: must be 1s to 2147483647ms"],
    [listenerPolicy("maxConnectionAge: 600h"), "spec.maxConnectionAge: 600h: must be 1s to 2147483647ms"],
    [listenerPolicy("tunnelIdleTimeout: 5"), /^spec\.tunnelIdleTimeout: must be a text, and is 5/],
    [
      listenerPolicy("mode: OBSERVE, tunnelIdleTimeout: 5s"),
      "spec.tunnelIdleTimeout: mode OBSERVE has no tunnels: only CALL has",
    ],
    [listenerPolicy("tls: { mode: SIMPLE }"), "spec.tls: serverCertificate is needed here"],
    [listenerPolicy(`tls: { mode: MUTUAL, ${files} }`), "spec.tls: mode MUTUAL needs caCertificates"],
    [
      listenerPolicy(`tls: { mode: SIMPLE, ${files}, caCertificates: /ca.pem }`),
      "spec.tls.caCertificates: mode SIMPLE asks no client for a certificate: write MUTUAL, or leave caCertificates out",
    ],
    [
      listenerPolicy(`tls: { mode: MUTUAL, ${files}, caCertificates: /ca.pem, subjectAltNames: [] }`),
      /^spec\.tls\.subjectAltNames: is empty/,
    ],
    [listenerPolicy(`tls: { mode: PASSTHROUGH, ${files} }`), /^spec\.tls\.mode: PASSTHROUGH: calls cannot be read/],
    [
      listenerPolicy(`tls: { mode: SIMPLE, ${files}, credentialName: a }`),
      /^spec\.tls\.credentialName: secrets are not/,
    ],
  ])("%s", (text, expected) => {
    expect(problemsOf(text)).toContainEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  });
});

describe("a DestinationPolicy is refused, with the field and the reason", () => {
  test.each([
    [destinationPolicy("subset: v1"), "spec: write one of tunnels, outlierDetection, ipFamily, planes"],
    [destinationPolicy("tunnels: {}"), /^spec\.tunnels: is empty: it says nothing/],
    [destinationPolicy("tunnels: { minimum: 0 }"), "spec.tunnels.minimum: 0: must be 1 to 256"],
    [destinationPolicy("tunnels: { maximum: 257 }"), "spec.tunnels.maximum: 257: must be 1 to 256"],
    [
      destinationPolicy("tunnels: { minimum: 3, maximum: 2 }"),
      "spec.tunnels.maximum: 2: is less than minimum, which is 3",
    ],
    [destinationPolicy("tunnels: { callsInFlight: 0 }"), "spec.tunnels.callsInFlight: 0: must be 1 to 2147483647"],
    [destinationPolicy("tunnels: { maxCalls: 1.5 }"), "spec.tunnels.maxCalls: must be a whole number, and is 1.5"],
    [destinationPolicy("tunnels: { maxAge: 10ms }"), "spec.tunnels.maxAge: 10ms: must be 1s to 2147483647ms"],
    [destinationPolicy("port: 20880, tunnels: { maximum: 2 }"), /^spec\.port: must be a map/],
  ])("%s", (text, expected) => {
    expect(problemsOf(text)).toContainEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  });
});

describe("a VirtualService is refused, with the field and the reason", () => {
  test.each([
    // Rules that say nothing.
    [virtualService("{ hosts: [ a ], routes: [] }"), /^spec\.routes: is empty: it says nothing/],
    [
      virtualService("{ hosts: [], routes: [ { route: [ { destination: { host: a } } ] } ] }"),
      /^spec\.hosts: is empty/,
    ],
    [route("match: [], route: [ { destination: { host: a } } ]"), /^spec\.routes\[0\]\.match: is empty/],
    [
      route("match: [ {} ], route: [ { destination: { host: a } } ]"),
      /^spec\.routes\[0\]\.match\[0\]: attributes is needed here/,
    ],
    [attributes("{}"), `${MATCH}: is empty: it says nothing. Leave it out, or write what it is to say`],
    [attributes("[]"), `${MATCH}: is empty: it says nothing. Leave it out, or write what it is to say`],
    [attributes("[ {} ]"), `${MATCH}[0]: is empty: it says nothing. Leave it out, or write what it is to say`],
    [
      attributes("{ user: {} }"),
      `${MATCH}.user: says nothing: write one of exact, prefix, suffix, contains, regex, present, range`,
    ],
    [attributes("{ user: { invert: true } }"), /user: says nothing/],
    [attributes('{ user: { prefix: "" } }'), `${MATCH}.user.prefix: must not be empty`],
    [attributes('{ "": { exact: a } }'), /^spec\.routes\[0\]\.match\[0\]\.attributes\[""\]: an attribute needs a name/],
    // Conditions.
    [attributes("{ user: jason }"), `${MATCH}.user: must be a map, and is "jason": write { exact: "jason" }`],
    [attributes("{ user: { exact: 1 } }"), `${MATCH}.user.exact: must be a text, and is 1: write it in quotes, "1"`],
    [attributes("{ user: { exact: a, prefix: b } }"), /user: says exact and prefix, and may say one only/],
    [attributes("{ user: { exakt: a } }"), `${MATCH}.user.exakt: unknown field; did you mean exact?`],
    [attributes("[ { user: { exact: a }, group: { exact: b } } ]"), `${MATCH}[0]: must be a map of 1 key only`],
    [attributes("[ { user: a } ]"), /^spec\.routes\[0\]\.match\[0\]\.attributes\[0\]\.user: must be a map/],
    [attributes("{ n: { range: { start: 5, end: 5 } } }"), `${MATCH}.n.range: no number is at least 5 and less than 5`],
    [attributes("{ n: { range: { start: 5 } } }"), `${MATCH}.n.range: end is needed here`],
    [
      attributes("{ n: { range: { start: 1.5, end: 2 } } }"),
      `${MATCH}.n.range.start: must be a whole number, and is 1.5`,
    ],
    [attributes("{ n: { range: { start: 0, end: 9007199254740993 } } }"), /range\.end: 9007199254740992: must be/],
    // Weights.
    [
      destinations("{ destination: { host: a }, weight: 90 }"),
      `${ROUTE}: the weights add up to 90, and must add up to 100`,
    ],
    [
      destinations("{ destination: { host: a }, weight: 90 }, { destination: { host: b }, weight: 5 }"),
      `${ROUTE}: the weights add up to 95, and must add up to 100`,
    ],
    [
      destinations("{ destination: { host: a }, weight: 100 }, { destination: { host: b } }"),
      `${ROUTE}[1]: weight is needed where there are several destinations`,
    ],
    [destinations("{ destination: { host: a }, weight: 101 }"), `${ROUTE}[0].weight: 101: must be 0 to 100`],
    // Fields.
    [destinations(""), `${ROUTE}: is empty: it says nothing. Leave it out, or write what it is to say`],
    [destinations("{ host: a }"), /^spec\.routes\[0\]\.route\[0\]\.host: unknown field/],
    [
      destinations("{ destination: { host: a, port: 9080 } }"),
      `${ROUTE}[0].destination.port: must be a map, and is 9080`,
    ],
    [destinations("{ destination: { host: a, port: { number: 0 } } }"), /port\.number: 0: must be 1 to 65535/],
    [route('name: "", route: [ { destination: { host: a } } ]'), "spec.routes[0].name: must not be empty"],
    [
      virtualService("{ hosts: [ a, a ], routes: [ { route: [ { destination: { host: a } } ] } ] }"),
      "spec.hosts[1]: a stands here twice",
    ],
    [
      virtualService('{ hosts: [ "*.b" ], routes: [ { route: [ { destination: { host: a } } ] } ] }'),
      /^spec\.hosts\[0\]: \*\.b: names are/,
    ],
    [virtualService("{ host: a }"), /^spec\.host: unknown field; did you mean hosts\?/],
    [virtualService("[]"), "spec: must be a map, and is a list"],
  ])("%s", (text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toContainEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  });

  test("everything that is wrong is told at once", () => {
    expect(problemsOf(virtualService("{ hosts: 1, protocl: dubbo, routes: [ {} ] }"))).toEqual([
      "spec.protocl: unknown field; did you mean protocol?",
      "spec.hosts: must be a list, and is 1",
      "spec.routes[0]: route is needed here",
    ]);
  });

  test("by the line of the field", () => {
    const text = virtualService("{\n  hosts: [ a ],\n  routes: [\n    { name: one,\n      rout: [] } ] }");
    const [raw] = parseFile(text, "a.yaml", recognise).resources;
    expect(raw && parseResource(raw).problems).toMatchObject([
      { field: "spec.routes[0]", line: 4 },
      { field: "spec.routes[0].rout", line: 5, resource: { kind: "VirtualService", namespace: "default", name: "a" } },
    ]);
  });
});

describe("Istio's resources are refused where they would be half applied", () => {
  test.each([
    [serviceEntry("location: MESH_INTERNAL"), "spec: resolution is needed here"],
    [
      serviceEntry("resolution: NONE"),
      /^spec\.resolution: NONE: calls are routed to endpoints, .*: write STATIC, or DNS/,
    ],
    [serviceEntry("resolution: static"), 'spec.resolution: "static": must be one of STATIC, DNS; did you mean STATIC?'],
    [
      serviceEntry("resolution: STATIC, endpoints: [ { address: a.example.com } ]"),
      /^spec\.endpoints\[0\]\.address: a\.example\.com: must be an IP/,
    ],
    [serviceEntry("resolution: DNS, endpoints: [ { address: 'unix:///a' } ]"), /Unix domain sockets are not supported/],
    [serviceEntry("resolution: DNS, endpoints: [ { address: '-' } ]"), /must be an IP address or a DNS name/],
    [
      serviceEntry("resolution: STATIC, endpoints: [ { address: 10.0.0.1, ports: { dubo: 2 } } ]"),
      /ports\.dubo: the service has no port of this name; did you mean dubbo\?/,
    ],
    [
      serviceEntry("resolution: STATIC, endpoints: [ { address: 10.0.0.1, locality: a/b/c/d } ]"),
      /locality: "a\/b\/c\/d": must be region, /,
    ],
    [serviceEntry("resolution: STATIC, endpoints: [ { address: 10.0.0.1, weight: 0 } ]"), /weight: 0: must be 1 to/],
    [
      serviceEntry("resolution: STATIC, endpoints: [ { address: 10.0.0.1 } ], workloadSelector: { labels: { a: b } }"),
      /^spec\.workloadSelector: either endpoints or workloadSelector/,
    ],
    [
      serviceEntry("resolution: STATIC, exportTo: [ '!' ]"),
      /^spec\.exportTo\[0\]: "!": must be "\*" \(all namespaces\), "\." \(its own\) or the name of a namespace, or "~" \(none\)/,
    ],
    [serviceEntry("resolution: STATIC, subjectAltNames: [ a ]"), /^spec\.subjectAltNames: not taken from here/],
    [
      istio(
        "ServiceEntry",
        "{ hosts: [ '*.a' ], ports: [ { number: 1, name: a }, { number: 1, name: a } ], resolution: DNS }",
      ),
      "spec.ports[1].number: port 1 stands here twice",
    ],
    [istio("WorkloadEntry", "{ address: 10.0.0.1, network: other }"), /^spec\.network: endpoints of other networks/],
    [istio("DestinationRule", "{ host: '*.a' }"), /^spec\.host: \*\.a: a rule is for one host/],
    [
      istio("DestinationRule", "{ host: a, subsets: [ { name: v1 }, { name: v1 } ] }"),
      "spec.subsets[1].name: a subset of the name v1 stands here twice",
    ],
    [
      rule("loadBalancer: { simple: ROUND_ROBBIN }"),
      /simple: "ROUND_ROBBIN": must be one of .*; did you mean ROUND_ROBIN\?/,
    ],
    [rule("loadBalancer: { simple: PASSTHROUGH }"), /simple: PASSTHROUGH: calls go to an endpoint/],
    [
      rule("loadBalancer: { consistentHash: { httpQueryParameterName: user } }"),
      /httpQueryParameterName: calls are not HTTP/,
    ],
    [
      rule("loadBalancer: { consistentHash: { httpHeaderName: user, useSourceIp: true } }"),
      /consistentHash: either useSourceIp or httpHeaderName, not both/,
    ],
    [
      rule("loadBalancer: { consistentHash: { ringHash: {} } }"),
      /consistentHash: what is to be hashed\? Write useSourceIp: true/,
    ],
    [
      rule("loadBalancer: { consistentHash: { useSourceIp: true, maglev: { tableSize: 10 } } }"),
      /tableSize: 10: must be a prime number/,
    ],
    [
      rule("loadBalancer: { simple: RANDOM, consistentHash: { useSourceIp: true } }"),
      /loadBalancer: either simple or consistentHash/,
    ],
    [
      rule("connectionPool: { http: { useClientProtocol: true, h2UpgradePolicy: UPGRADE } }"),
      `${POLICY}.connectionPool.http.h2UpgradePolicy: either that or useClientProtocol, not both`,
    ],
    [rule("connectionPool: { tcp: { connectTimeout: 5 } }"), /connectTimeout: must be a text, and is 5/],
    [
      rule("connectionPool: { tcp: { connectTimeout: 5 seconds } }"),
      /connectTimeout: "5 seconds": must be a duration such as 5s/,
    ],
    [rule("connectionPool: { tcp: { connectTimeout: 0s } }"), /connectTimeout: 0s: must be 1ms to/],
    [rule("connectionPool: { tcp: { tcpKeepalive: { time: 10ms } } }"), /time: 10ms: must be 1s to/],
    [rule("outlierDetection: { consecutiveErrors: 5 }"), /consecutiveErrors: deprecated: write consecutive5xxErrors/],
    [rule("outlierDetection: { maxEjectionPercent: 101 }"), /maxEjectionPercent: 101: must be 0 to 100/],
    [rule("tls: { mode: ISTIO_MUTUAL }"), /tls\.mode: ISTIO_MUTUAL: Istio's certificates are not here/],
    [rule("tls: { mode: MUTUAL }"), /tls: mode MUTUAL needs clientCertificate and privateKey/],
    [rule("tls: { mode: SIMPLE, privateKey: a }"), /tls: mode SIMPLE takes no client certificate/],
    [rule("tls: { mode: SIMPLE, credentialName: a }"), /credentialName: secrets are not read yet/],
    [
      rule("portLevelSettings: [ { port: { number: 1 } }, { port: { number: 1 } } ]"),
      /portLevelSettings\[1\]\.port\.number: port 1 stands here twice/,
    ],
  ])("%s", (text, expected) => {
    expect(problemsOf(text)).toContainEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  });
});

describe("what does not change where calls go is accepted", () => {
  test.each([
    [serviceEntry("resolution: DNS, addresses: [ 240.0.0.1 ], location: MESH_EXTERNAL, exportTo: [ '*' ]")],
    [serviceEntry("resolution: STATIC, endpoints: [ { address: '::1', serviceAccount: a } ]")],
    [serviceEntry("resolution: DNS").replace(/}$/, ", status: { conditions: [] } }")],
  ])("%s", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test("what a server adds to metadata", () => {
    const text = serviceEntry("resolution: DNS").replace(
      "{ name: a }",
      "{ name: a, uid: 1, managedFields: [], annotations: { a: b } }",
    );
    expect(problemsOf(text)).toEqual([]);
  });
});

describe("metadata", () => {
  test("a namespace that is missing is default", () => {
    const [raw] = parseFile(serviceEntry("resolution: DNS"), "a.yaml", recognise).resources;
    expect(raw && parseResource(raw).resource?.namespace).toBe("default");
  });

  test.each([
    ["{ name: Reviews }", /^metadata\.name: "Reviews": must be lower-case letters/],
    ["{ name: a, namespace: 1 }", /^metadata\.namespace: must be a text, and is 1/],
    ["{ name: a, label: {} }", "metadata.label: unknown field; did you mean labels?"],
    ["{ name: a, labels: { a: true } }", 'metadata.labels.a: must be a text, and is true: write it in quotes, "true"'],
  ])("%s", (metadata, expected) => {
    const problems = problemsOf(serviceEntry("resolution: DNS").replace("{ name: a }", metadata));
    expect(problems).toContainEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  });
});
