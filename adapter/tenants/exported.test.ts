import { describe, expect, it } from "vitest";
import { recognise } from "../resource/recognise.js";
import { parseFile } from "../source/file-content.js";
import { exportedOf } from "./exported.js";

/** `kind/name` of each resource that others see, and who. */
function exported(text: string, isRoot = false): Readonly<Record<string, string>> {
  const { resources } = parseFile(text, "input.yaml", recognise);
  return Object.fromEntries(
    [...exportedOf(resources, isRoot)].map(([{ document }, audience]) => {
      const { kind, metadata } = document as { readonly kind: string; readonly metadata: { readonly name: string } };
      return [`${kind}/${metadata.name}`, audience === "all" ? "all" : [...audience].sort().join()];
    }),
  );
}

function resource(group: string, kind: string, name: string, spec: string, metadata = ""): string {
  return `{ apiVersion: ${group}, kind: ${kind}, metadata: { name: ${name}, namespace: foo${metadata} }, ${spec} }\n---\n`;
}

const entry = (name: string, spec: string) =>
  resource("networking.istio.io/v1", "ServiceEntry", name, `spec: { ${spec} }`);

const CLUSTER = [
  resource("v1", "Service", "reviews", "spec: {}", ", annotations: { networking.istio.io/exportTo: '.,bar' }"),
  resource("v1", "Service", "secret", "spec: {}"),
  resource(
    "discovery.k8s.io/v1",
    "EndpointSlice",
    "reviews-1",
    "addressType: IPv4, endpoints: [ { addresses: [ 10.0.0.1 ], targetRef: { kind: Pod, name: reviews-a } } ]",
    ", labels: { kubernetes.io/service-name: reviews }",
  ),
  resource(
    "discovery.k8s.io/v1",
    "EndpointSlice",
    "secret-1",
    "addressType: IPv4, endpoints: [ { addresses: [ 10.0.0.2 ], targetRef: { kind: Pod, name: secret-a } } ]",
    ", labels: { kubernetes.io/service-name: secret }",
  ),
  resource("v1", "Pod", "reviews-a", "spec: {}"),
  resource("v1", "Pod", "secret-a", "spec: {}"),
].join("");

const POLICY = resource("networking.meltemi.io/v1alpha1", "ListenerPolicy", "tls", "spec: {}");

describe("what others see of a namespace", () => {
  it("is what says so", () => {
    const entries = [
      entry("silent", "hosts: [ a.example ]"),
      entry("all", "exportTo: [ '*' ]"),
      entry("own", "exportTo: [ . ]"),
      entry("none", "exportTo: [ '~', bar ]"),
      entry("empty", "exportTo: []"),
      entry("some", "exportTo: [ ., bar, baz ]"),
    ];
    expect(exported(entries.join(""))).toEqual({ "ServiceEntry/all": "all", "ServiceEntry/some": "bar,baz" });
  });

  it("is nothing where it cannot be told", () => {
    const broken = [
      "exportTo: 1",
      "exportTo: '*'",
      "exportTo: { a: b }",
      "exportTo: [ [ '*' ] ]",
      "exportTo: [ null ]",
    ];
    expect(exported(broken.map((spec, index) => entry(`broken-${index}`, spec)).join(""))).toEqual({});
    const shapeless = ["{}", "[]", "7"].map((spec, i) =>
      resource("networking.istio.io/v1", "ServiceEntry", `s${i}`, `spec: ${spec}`),
    );
    expect(exported(shapeless.join(""))).toEqual({});
  });

  it("has the endpoints of a Service, and the Pods behind them", () => {
    expect(exported(CLUSTER)).toEqual({
      "Service/reviews": "bar",
      "EndpointSlice/reviews-1": "bar",
      "Pod/reviews-a": "bar",
    });
  });

  it("has the workloads that an entry selects", () => {
    const workload = (name: string, app: string) =>
      resource("networking.istio.io/v1", "WorkloadEntry", name, `spec: { address: 10.0.0.1, labels: { app: ${app} } }`);
    const selecting = (name: string, app: string, to: string) =>
      entry(name, `exportTo: [ ${to} ], workloadSelector: { labels: { app: ${app} } }`);
    const text = [
      selecting("a", "a", "bar"),
      selecting("a2", "a", "baz"),
      selecting("b", "b", "."),
      workload("x", "a"),
      workload("y", "b"),
    ];
    expect(exported(text.join(""))).toMatchObject({ "WorkloadEntry/x": "bar,baz" });
    expect(Object.keys(exported(text.join("")))).not.toContain("WorkloadEntry/y");
  });

  it("is never a policy of a tenant", () => {
    expect(exported(POLICY)).toEqual({});
  });

  it("is all of the root namespace but what is kept", () => {
    expect(exported(POLICY + entry("silent", "") + entry("own", "exportTo: [ . ]") + CLUSTER, true)).toEqual({
      "ListenerPolicy/tls": "all",
      "ServiceEntry/silent": "all",
      "Service/reviews": "bar",
      "EndpointSlice/reviews-1": "bar",
      "Pod/reviews-a": "bar",
      "Service/secret": "all",
      "EndpointSlice/secret-1": "all",
      "Pod/secret-a": "all",
    });
  });
});
