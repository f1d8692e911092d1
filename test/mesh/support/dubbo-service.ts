import { DubboServer } from "../../envoy/dubbo-server.js";
import type { KubernetesCluster } from "./kubernetes-cluster.js";
import { PodAddress } from "./pod-address.js";

/** Two versions of the service, each at an address as Pods have them. */
export async function startReviews(): Promise<{ readonly servers: readonly DubboServer[]; stop(): Promise<void> }> {
  const addresses = [await PodAddress.add(0), await PodAddress.add(1)];
  const servers = await Promise.all(
    addresses.map(({ ip }, i) => DubboServer.start(`v${i + 1}`, undefined, undefined, ip)),
  );
  return {
    servers,
    stop: async () => {
      for (const server of servers) await server.close();
      for (const address of addresses) await address.remove();
    },
  };
}

/** One endpoint of a service. */
export interface Backend {
  /** Its version, too. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Of its Pod, beside `app` and `version`. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The Service `reviews` with these endpoints. Returns its address. */
export async function applyReviews(
  cluster: KubernetesCluster,
  namespace: string,
  backends: readonly Backend[],
  port = 20880,
): Promise<string> {
  return await applyService(cluster, { namespace, name: "reviews", port, backends });
}

/**
 * A Service whose endpoints are these, a Pod each with its name as the label `version`. There is no controller that would make its
 * slice. Returns the Service's address.
 */
export async function applyService(
  cluster: KubernetesCluster,
  service: {
    readonly namespace: string;
    readonly name: string;
    readonly port: number;
    readonly backends: readonly Backend[];
  },
): Promise<string> {
  const { namespace, name, backends } = service;
  const port = { name: "dubbo", port: service.port, protocol: "TCP" };
  // One slice for each, since each may have a port of its own.
  const slice = (backend: Backend) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-${backend.name}`, namespace, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ ...port, port: backend.port }],
    endpoints: [
      {
        addresses: [backend.address],
        conditions: { ready: true },
        targetRef: { kind: "Pod", namespace, name: `${name}-${backend.name}` },
      },
    ],
  });
  await cluster.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { ports: [port] } },
    ...backends.map(slice),
  );
  for (const { name: version, address, labels } of backends) {
    await applyPod(cluster, namespace, `${name}-${version}`, address, { app: name, version, ...labels });
  }
  return await cluster.kubectl(["get", "service", name, "-n", namespace, "-o", "jsonpath={.spec.clusterIP}"]);
}

/** A Pod with what a kubelet would say of it. istiod knows a Pod's endpoints, and its sidecar's labels, by its address. */
export async function applyPod(
  cluster: KubernetesCluster,
  namespace: string,
  name: string,
  ip: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const spec = { serviceAccountName: "default", containers: [{ name: "main", image: "main" }] };
  await cluster.apply({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec });
  const conditions = [{ type: "Ready", status: "True" }];
  const status = { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions };
  const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify({ status })];
  await cluster.kubectl(["patch", "pod", name, "-n", namespace, ...patch]);
}

/** Calls of jason go to one version, all others to v1. */
export function reviewsRoutes(namespace: string, jason: string): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name: "reviews", namespace },
    spec: {
      hosts: ["org.example.Reviews", "reviews"],
      routes: [
        {
          name: "jason",
          match: [{ attributes: { user: { exact: "jason" } } }],
          route: [{ destination: { host: "reviews", subset: jason } }],
        },
        { route: [{ destination: { host: "reviews", subset: "v1" } }] },
      ],
    },
  };
}

export function reviewsSubsets(namespace: string, versions: readonly string[]): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "reviews", namespace },
    spec: { host: "reviews", subsets: versions.map((name) => ({ name, labels: { version: name } })) },
  };
}
