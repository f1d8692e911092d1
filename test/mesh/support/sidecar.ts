import type { EnvoyProcess } from "../../../adapter/envoy/envoy-process.js";
import { ENVOY_ADMIN_PORT, startEnvoy } from "../../net/support/envoy.js";
import { PROXY } from "../../net/support/host.js";
import { applyPod } from "./dubbo-service.js";
import type { Istiod } from "./istiod.js";
import type { KubernetesCluster } from "./kubernetes-cluster.js";
import type { Pod } from "./pod-network.js";
import type { WorkloadIdentity } from "./workload-identity.js";

const CLUSTER = "xds";

/** Where all sidecars are; a Pod is elsewhere by its label `istio-locality`. */
export const LOCALITY = { region: "here", zone: "near" };

interface Proxy {
  readonly kind: "sidecar" | "router";
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a sidecar: the Pod whose connections are redirected to it. Without one the listeners of the Sidecar resource are bound. */
  readonly pod?: Pod;
  /** Who it is, to those who ask for a certificate. */
  readonly identity?: WorkloadIdentity;
}

/** A stock Envoy that takes everything from istiod, as a sidecar of a Pod of the namespace does. */
export async function startSidecar(istiod: Istiod, namespace: string): Promise<EnvoyProcess> {
  return await start(istiod, {
    kind: "sidecar",
    name: "client",
    namespace,
    ip: "198.18.0.1",
    labels: { app: "client" },
  });
}

/** The same in a Pod, where it takes all that comes and goes. */
export async function startPodSidecar(
  istiod: Istiod,
  namespace: string,
  pod: Pod,
  identity: WorkloadIdentity,
  labels: Readonly<Record<string, string>> = {},
): Promise<EnvoyProcess> {
  const { name, ip } = pod;
  return await start(istiod, { kind: "sidecar", name, namespace, ip, labels, pod, identity });
}

export const GATEWAY: Proxy = {
  kind: "router",
  name: "gateway",
  namespace: "istio-system",
  ip: "198.18.0.2",
  labels: { istio: "ingressgateway" },
};

/** The same as an ingress gateway; istiod takes its labels from its Pod. */
export async function startGateway(istiod: Istiod, cluster: KubernetesCluster): Promise<EnvoyProcess> {
  const { name, namespace, ip, labels } = GATEWAY;
  await applyPod(cluster, namespace, name, ip, labels);
  return await start(istiod, GATEWAY);
}

async function start(
  istiod: Istiod,
  { kind, name, namespace, ip, labels, pod, identity }: Proxy,
): Promise<EnvoyProcess> {
  const xds = { socket_address: { address: istiod.address, port_value: istiod.xdsPort } };
  const admin =
    pod === undefined ? { address: "127.0.0.1", port_value: 0 } : { address: ip, port_value: ENVOY_ADMIN_PORT };
  const bootstrap = {
    node: {
      id: `${kind}~${ip}~${name}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: `${name}.${namespace}`,
      locality: LOCALITY,
      metadata: {
        NAMESPACE: namespace,
        LABELS: labels,
        ISTIO_VERSION: "1.31.0",
        CLUSTER_ID: "Kubernetes",
        INTERCEPTION_MODE: pod === undefined ? "NONE" : "REDIRECT",
        INSTANCE_IPS: ip,
      },
    },
    admin: { address: { socket_address: admin } },
    dynamic_resources: {
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: CLUSTER } }],
        set_node_on_first_message_only: true,
      },
      cds_config: { ads: {}, resource_api_version: "V3" },
      lds_config: { ads: {}, resource_api_version: "V3" },
    },
    static_resources: {
      clusters: [
        grpcCluster(CLUSTER, xds),
        // The name by which istiod's configuration refers to istio-agent.
        ...(identity === undefined ? [] : [grpcCluster("sds-grpc", { pipe: { path: identity.path } })]),
      ],
    },
  };
  return await startEnvoy(pod?.as(PROXY) ?? [], bootstrap);
}

function grpcCluster(name: string, address: object): object {
  const http2 = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    name,
    type: "STATIC",
    typed_extension_protocol_options: {
      [http2]: {
        "@type": `type.googleapis.com/${http2}`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}

/** The Sidecar resource by which the services of a port are reached at the same port of the loopback address. */
export function boundEgress(namespace: string, port: number): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: "default", namespace },
    spec: {
      egress: [
        {
          port: { number: port, protocol: "TCP", name: "tcp-dubbo" },
          bind: "127.0.0.1",
          captureMode: "NONE",
          hosts: ["./*"],
        },
      ],
    },
  };
}

/**
 * The filters of the listeners that take connections: one that is new waits for its filter's configuration, and until then the one before it,
 * or none, is at its address.
 */
export async function activeFilters(envoy: EnvoyProcess): Promise<readonly string[]> {
  const url = `http://${await envoy.ready()}/config_dump?resource=dynamic_listeners`;
  const { configs = [] } = (await (await fetch(url)).json()) as { readonly configs?: readonly DynamicListener[] };
  return configs.flatMap(({ active_state }) => {
    const { filter_chains = [], default_filter_chain } = active_state?.listener ?? {};
    return [...filter_chains, ...(default_filter_chain ? [default_filter_chain] : [])].flatMap(({ filters }) =>
      filters.map(({ name }) => name),
    );
  });
}

interface DynamicListener {
  readonly active_state?: {
    readonly listener: {
      readonly filter_chains?: readonly FilterChain[];
      readonly default_filter_chain?: FilterChain;
    };
  };
}

interface FilterChain {
  readonly filters: readonly { readonly name: string }[];
}
