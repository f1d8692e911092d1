import { expect } from "vitest";
import { EnvoyProcess } from "../../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../../adapter/log/logger.js";
import { buildBootstrap } from "../../../adapter/xds/bootstrap.js";
import { MAIN, Running } from "../../cli/support/meltemi.js";
import type { KubernetesCluster } from "./kubernetes-cluster.js";

export interface StatusOf {
  readonly metadata: { readonly generation: number; readonly resourceVersion: string };
  readonly status?: {
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
      readonly observedGeneration: number;
      readonly lastTransitionTime: string;
    }[];
  };
}

/** Routes with one for every call. */
export function to(host: string) {
  return { routes: [{ route: [{ destination: { host } }] }] };
}

/** A Service of prod that speaks Dubbo, with its one endpoint. */
export function service(name: string): readonly object[] {
  const port = { name: "dubbo", port: 20880, protocol: "TCP" };
  const labels = { "kubernetes.io/service-name": name };
  return [
    { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "prod" }, spec: { ports: [port] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace: "prod", labels },
      addressType: "IPv4",
      ports: [port],
      endpoints: [{ addresses: ["10.1.0.1"] }],
    },
  ];
}

/** A resource of prod. */
export async function getStatus(cluster: KubernetesCluster, kind: string, name: string): Promise<StatusOf> {
  return JSON.parse(await cluster.kubectl(["get", kind, name, "-n", "prod", "-o", "json"])) as StatusOf;
}

/** `Accepted: True Accepted …`, without what has no message; fails where they are of an older generation. */
export async function conditionsIn(
  cluster: KubernetesCluster,
  kind: string,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  const { status, metadata } = await getStatus(cluster, kind, name);
  const all = status?.conditions ?? [];
  expect(all.map(({ observedGeneration }) => observedGeneration)).toEqual(all.map(() => metadata.generation));
  return Object.fromEntries(
    all.map(({ type, status, reason, message }) => [type, [status, reason, message].filter(Boolean).join(" ")]),
  );
}

export function startKubernetesAdapter(kubeconfig: string, ...options: readonly string[]): Running {
  const source = ["--source", "kubernetes", "--kubeconfig", kubeconfig];
  const addresses = ["--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
  return Running.start([MAIN, "adapter", ...source, ...addresses, ...options]);
}

/** An Envoy of the adapter that has said that it is ready. */
export async function startEnvoy(ready: string, node: string): Promise<EnvoyProcess> {
  const [, xds] = /xds=127\.0\.0\.1:(\d+)/.exec(ready) ?? [];
  const bootstrap = buildBootstrap({
    node: { id: node, cluster: "test" },
    xds: { host: "127.0.0.1", port: Number(xds) },
    admin: { ip: "127.0.0.1", port: 0 },
    mode: "delta",
  });
  const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
  return await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log: createLogger({ level: "silent" }) });
}
