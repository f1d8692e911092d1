import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkFilterConfig } from "../../adapter/evaluate/check-filter-config.js";
import { loadFilter } from "../../adapter/evaluate/filter-vm.js";
import type { FilterConfig } from "../../adapter/filter-config/filter-config.js";
import { buildEnvoyFilters, buildSidecarResources } from "../../adapter/istio/sidecars.js";
import { isSameForAll, viewOf } from "../../adapter/model/view.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";

const code = { kind: "file", path: "/m.wasm" } as const;
const wasm = loadFilter(readFileSync("dist/meltemi.wasm"));

/** A Service of Kubernetes whose only Pod is ready, or not. */
function service(namespace: string, name: string, ready: boolean): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { clusterIP: 10.0.0.9, ports: [ { name: tcp-dubbo, port: 20880, targetPort: 20890 } ] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, namespace: ${namespace}, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [ { name: tcp-dubbo, port: 20890 } ]
endpoints: [ { addresses: [ 10.1.0.1 ], conditions: { ready: ${ready} }, targetRef: { kind: Pod, name: ${name}-1 } } ]
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}-1, namespace: ${namespace}, labels: { app: ${name} } }
---`;
}

function policy(namespace: string, spec: string): string {
  return `
apiVersion: networking.meltemi.io/v1alpha1
kind: AuthorizationPolicy
metadata: { name: one, namespace: ${namespace} }
spec: ${spec}
---`;
}

function meshOf(...documents: readonly string[]) {
  const { mesh } = new Translator().translate(parseFile(documents.join(""), "input.yaml", recognise));
  return mesh;
}

interface Patch {
  readonly match: {
    readonly proxy?: { readonly metadata: { readonly NAMESPACE: string } };
    readonly listener: { readonly filterChain: { readonly filter: { readonly name: string } } };
  };
  readonly patch: { readonly operation: string; readonly value: { readonly name: string } };
}

/** `NAMESPACE: OPERATION of FILTER at FILTER` of each change at the inbound side. */
function changes(mesh: ReturnType<typeof meshOf>): readonly string[] {
  const options = { namespace: "istio-system", adapter: { host: "meltemi", port: 18000 }, tls: undefined, code };
  return buildEnvoyFilters(mesh, options)
    .filter(({ metadata }) => metadata.name.startsWith("meltemi-inbound"))
    .flatMap(({ spec }) => spec.configPatches as unknown as readonly Patch[])
    .map(({ match, patch }) => {
      const { name } = match.listener.filterChain.filter;
      const of = match.proxy?.metadata.NAMESPACE ?? "all";
      return `${of}: ${patch.operation} ${patch.value.name} at ${name}`;
    });
}

const HCM = "envoy.filters.network.http_connection_manager";
const TCP = "envoy.filters.network.tcp_proxy";
const OBSERVING = `all: INSERT_BEFORE inbound_dubbo_20890/observe at ${TCP}`;
const judging = (namespace: string) => [
  `${namespace}: REPLACE inbound_dubbo_20890 at inbound_dubbo_20890/observe`,
  `${namespace}: REPLACE ${HCM} at ${TCP}`,
];

describe("the inbound side of Istio's sidecars", () => {
  const services = service("prod", "orders", true) + service("test", "orders", true);

  it("only counts calls, where no policy asks for more", () => {
    expect(changes(meshOf(services))).toEqual([OBSERVING]);
    expect(isSameForAll(meshOf(services))).toBe(true);
  });

  it("looks at single calls in the namespaces that have policies", () => {
    expect(changes(meshOf(services, policy("prod", "{}")))).toEqual([OBSERVING, ...judging("prod")]);
    const both = meshOf(services, policy("prod", "{}"), policy("test", "{}"));
    expect(changes(both)).toEqual([OBSERVING, ...judging("prod"), ...judging("test")]);
    expect(changes(meshOf(services, policy("istio-system", "{}")))).toEqual([OBSERVING, ...judging("all")]);
  });

  it("does so where a workload is selected, and where it may be, for those that are not ready", () => {
    const selecting = (app: string) => policy("prod", `{ selector: { matchLabels: { app: ${app} } } }`);
    expect(changes(meshOf(services, selecting("orders")))).toEqual([OBSERVING, ...judging("prod")]);
    expect(changes(meshOf(services, selecting("other")))).toEqual([OBSERVING]);
    const unready = service("prod", "orders", false);
    expect(changes(meshOf(unready, selecting("orders")))).toEqual([OBSERVING, ...judging("prod")]);
    expect(changes(meshOf(unready, policy("prod", "{ rules: [ { nonsense: x } ] }")))).toContain(judging("prod")[0]);
  });

  it("does so for a port that only a ListenerPolicy speaks of", () => {
    const limited = `
apiVersion: networking.meltemi.io/v1alpha1
kind: ListenerPolicy
metadata: { name: limited, namespace: prod }
spec: { protocol: dubbo, port: 20890, inbound: { localRateLimit: { maxTokens: 1, fillInterval: 1s } } }
---`;
    expect(changes(meshOf(services, limited))).toEqual([OBSERVING, ...judging("prod")]);
  });

  it("gives each namespace its own policies, in tables that the filter takes", () => {
    const mesh = meshOf(
      services,
      policy("prod", "{ action: DENY, rules: [ { to: [ { operation: { services: [ x ] } } ] } ] }"),
      policy("istio-system", "{ action: AUDIT, rules: [ {} ] }"),
    );
    expect(isSameForAll(mesh)).toBe(false);
    const named = (namespace: string) => {
      const served = viewOf(mesh, { namespace, gateway: true });
      const { resources } = buildSidecarResources(served, { code, versions: { of: () => "1" }, served });
      const [judged] = resources.filter(({ name }) => name === "inbound_dubbo_20890").map(({ json }) => json);
      const { config } = (judged as unknown as { typed_config: { config: Plugin } }).typed_config;
      const table = JSON.parse(config.configuration.value) as FilterConfig;
      expect(checkFilterConfig(wasm, "dubbo", table)).toBeUndefined();
      expect(config.root_id).toBe("dubbo");
      return table.authorization?.policies.map(({ name, action }) => `${action} ${name}`);
    };
    expect(named("prod")).toEqual(["AUDIT istio-system/one", "DENY prod/one"]);
    expect(named("test")).toEqual(["AUDIT istio-system/one"]);
  });
});

interface Plugin {
  readonly root_id: string;
  readonly configuration: { readonly value: string };
}
