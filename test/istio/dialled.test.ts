import { describe, expect, it } from "vitest";
import type { Mesh } from "../../adapter/model/model.js";
import { viewOf } from "../../adapter/model/view.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import { asDialled } from "../../adapter/xds/dialled.js";

function service(name: string, clusterIPs: readonly string[]): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: prod }
spec: { clusterIPs: [${clusterIPs.map((one) => `"${one}"`).join(", ")}], ports: [{ name: dubbo, port: 20880 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, namespace: prod, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: dubbo, port: 20880 }]
endpoints: [{ addresses: [10.1.0.1] }, { addresses: [10.1.0.2] }]`;
}

const ROUTES = `
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: reviews, namespace: prod }
spec: { hosts: [org.example.Reviews], routes: [{ route: [{ destination: { host: reviews } }] }] }`;

function meshOf(...documents: readonly string[]): Mesh {
  return new Translator().translate(parseFile(documents.join("\n---\n"), "input.yaml", recognise)).mesh;
}

/** Addresses by virtual host. */
function addresses({ listeners, services }: Mesh): Readonly<Record<string, unknown>> {
  const hosts = listeners.flatMap((listener) => asDialled(listener, services).virtualHosts);
  return Object.fromEntries(hosts.map((host) => [host.name, host.addresses]));
}

describe("a listener as sidecars have it", () => {
  it("says where each service is dialled, in both families", () => {
    const mesh = meshOf(ROUTES, service("reviews", ["10.0.0.1", "fd00::1"]), service("ratings", ["10.0.0.2"]));
    expect(addresses(mesh)).toEqual({
      "org.example.Reviews:20880": undefined,
      "ratings.prod.svc.cluster.local:20880": ["10.0.0.2:20880"],
      "reviews.prod.svc.cluster.local:20880": ["10.0.0.1:20880", "[fd00::1]:20880"],
    });
  });

  it("of services without an address of their own says their endpoints', each once", () => {
    const mesh = meshOf(service("a", ["None"]), service("b", ["None"]));
    expect(addresses(mesh)).toEqual({
      "a.prod.svc.cluster.local:20880": ["10.1.0.1:20880", "10.1.0.2:20880"],
      "b.prod.svc.cluster.local:20880": undefined,
    });
  });

  it("has a MetaRouter's calls by what is dialled, not by what they are presumably named", () => {
    const router = `
apiVersion: metaprotocol.aeraki.io/v1alpha1
kind: MetaRouter
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [reviews.prod.svc.cluster.local]
  routes:
    - match: { attributes: { interface: { exact: org.example.Reviews } } }
      route: [{ destination: { host: reviews } }]`;
    const mesh = meshOf(router, service("reviews", ["10.0.0.1"]));
    const [listener] = mesh.listeners;
    const host = "reviews.prod.svc.cluster.local";
    expect(listener?.virtualHosts.map(({ services }) => services)).toEqual([[host, "org.example.Reviews"]]);
    const dialled = listener && asDialled(listener, mesh.services).virtualHosts;
    expect(dialled).toMatchObject([{ services: [host], addresses: ["10.0.0.1:20880"] }]);
  });

  it("routes nothing where a namespace sees nothing", () => {
    const hidden = ROUTES.replace("hosts:", "exportTo: [prod], hosts:");
    const entry = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: prod }
spec:
  hosts: [reviews]
  resolution: STATIC
  exportTo: ["."]
  ports: [{ number: 20880, name: dubbo, protocol: TCP }]
  endpoints: [{ address: 10.1.0.1 }]`;
    expect(addresses(viewOf(meshOf(hidden, entry), { namespace: "test" }))).toEqual({ nothing: undefined });
  });
});
