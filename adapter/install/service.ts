import { LABELS, NAME, NAMESPACE } from "./options.js";

/** Where the adapter is reached, by the names of the ports. Its admin interface stays on its Pod's loopback address. */
export const PORTS = { xds: 18_000, http: 18_080 } as const;

export function buildService(): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
    spec: {
      selector: LABELS,
      ports: Object.entries(PORTS).map(([name, port]) => ({ name, port, targetPort: name, protocol: "TCP" })),
    },
  };
}
