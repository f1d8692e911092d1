import { LABELS, NAME, NAMESPACE } from "./options.js";
import { PORTS } from "./service.js";

/** An API server's own port is judged by most, not that of its Service: which one it is depends on who runs the cluster. */
const API_SERVER_PORTS = [443, 6443];

/** In: xDS and HTTP. Out: names, and the API server. */
export function buildNetworkPolicy(): object {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
    spec: {
      podSelector: { matchLabels: LABELS },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: Object.keys(PORTS).map((port) => ({ port, protocol: "TCP" })) }],
      egress: [
        { ports: ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol })) },
        { ports: API_SERVER_PORTS.map((port) => ({ port, protocol: "TCP" })) },
      ],
    },
  };
}
