import { isIP } from "node:net";

/** What is read of a Kubernetes Service. */
export interface KubernetesServiceSpec {
  /** Its virtual IPs, of both families; none: it is headless. */
  readonly addresses: readonly string[];
  readonly ports: readonly KubernetesPort[];
}

export interface KubernetesPort {
  readonly number: number;
  /** Empty where the Service has one port only, which may do without a name. */
  readonly name: string;
  readonly appProtocol: string | undefined;
}

interface WrittenSpec {
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ports?: readonly { readonly port: number; readonly name?: string; readonly appProtocol?: string }[];
}

export function parseKubernetesService(spec: unknown): KubernetesServiceSpec {
  const { clusterIP, clusterIPs = clusterIP === undefined ? [] : [clusterIP], ports = [] } = spec as WrittenSpec;
  return {
    // "None" says that it is headless.
    addresses: clusterIPs.filter((address) => isIP(address) !== 0),
    ports: ports.map(({ port, name = "", appProtocol }) => ({ number: port, name, appProtocol })),
  };
}
