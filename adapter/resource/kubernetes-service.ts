import { isIP } from "node:net";
import type { Report } from "./report.js";

/** What is read of a Kubernetes Service. */
export interface KubernetesServiceSpec {
  /** Its virtual IPs, of both families; none: it is headless. */
  readonly addresses: readonly string[];
  readonly ports: readonly KubernetesPort[];
  readonly exportTo?: readonly string[] | undefined;
}

/** Istio's, by which a Service says what other kinds say in their `exportTo`: `.,shop`. */
export const EXPORT_ANNOTATION = "networking.istio.io/exportTo";

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

export function parseKubernetesService(spec: unknown, _report: Report, document: unknown): KubernetesServiceSpec {
  const { clusterIP, clusterIPs = clusterIP === undefined ? [] : [clusterIP], ports = [] } = spec as WrittenSpec;
  return {
    // "None" says that it is headless.
    addresses: clusterIPs.filter((address) => isIP(address) !== 0),
    ports: ports.map(({ port, name = "", appProtocol }) => ({ number: port, name, appProtocol })),
    exportTo: exportedTo(document),
  };
}

/** Undefined where nothing is said. */
function exportedTo(document: unknown): readonly string[] | undefined {
  const { metadata } = document as { readonly metadata: { readonly annotations?: Readonly<Record<string, unknown>> } };
  const said = metadata.annotations?.[EXPORT_ANNOTATION];
  return typeof said === "string" ? namesIn(said) : undefined;
}

/** Of a list as the annotation has it. */
export function namesIn(list: string): readonly string[] {
  const names = list.split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
}
