import { isIP } from "node:net";
import { suggestion } from "./near.js";
import type { Report } from "./report.js";
import { parseWorkloadEntry, type WorkloadEntrySpec } from "./workload-entry.js";

export interface ServiceEntrySpec {
  readonly hosts: readonly string[];
  /** Virtual IPs; ranges are left out. */
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePortSpec[];
  readonly resolution: "STATIC" | "DNS";
  readonly endpoints: readonly WorkloadEntrySpec[];
  /** Labels of the WorkloadEntries of its namespace that are its endpoints. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly exportTo?: readonly string[] | undefined;
  /** What the service is called in messages, by its annotation. */
  readonly interface?: string | undefined;
}

/** By which registries that are copied into ServiceEntries for Aeraki tell a Dubbo interface: hosts have no capital letters. */
export const INTERFACE_ANNOTATION = "interface";

export interface ServicePortSpec {
  readonly number: number;
  readonly name: string;
  readonly protocol: string | undefined;
  readonly targetPort: number;
}

interface WrittenSpec {
  readonly hosts: readonly string[];
  readonly addresses?: readonly string[];
  readonly ports: readonly {
    readonly number: number;
    readonly name: string;
    readonly protocol?: string;
    readonly targetPort?: number;
  }[];
  readonly resolution: "STATIC" | "DNS";
  readonly endpoints?: readonly unknown[];
  readonly exportTo?: readonly string[];
  readonly workloadSelector?: { readonly labels: Readonly<Record<string, string>> };
}

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseServiceEntry(spec: unknown, report: Report, document: unknown): ServiceEntrySpec {
  const { metadata } = document as { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
  const {
    hosts,
    addresses = [],
    ports,
    resolution,
    endpoints: written = [],
    workloadSelector,
    exportTo,
  } = spec as WrittenSpec;
  hosts.forEach((host, index) => {
    const path = ["spec", "hosts", index];
    if (hosts.indexOf(host) !== index) report(path, `${host} stands here twice`);
    if (host.includes("*")) report(path, `${host}: a service needs a full name; wildcards are not supported`);
    if (/[|\s]/.test(host)) report(path, `${JSON.stringify(host)}: a host has neither spaces nor "|"`);
  });
  ports.forEach((port, index) => {
    const path = ["spec", "ports", index];
    if (ports.findIndex(({ number }) => number === port.number) !== index) {
      report([...path, "number"], `port ${port.number} stands here twice`);
    }
    if (ports.findIndex(({ name }) => name === port.name) !== index) {
      report([...path, "name"], `a port of the name ${port.name} stands here twice`);
    }
  });
  if (written.length > 0 && workloadSelector !== undefined) {
    report(["spec", "workloadSelector"], "either endpoints or workloadSelector: a ServiceEntry cannot have both");
  }
  const endpoints = written.map(parseWorkloadEntry);
  endpoints.forEach((endpoint, index) => {
    const path = ["spec", "endpoints", index];
    const reason = addressProblem(endpoint.address, resolution);
    if (reason !== undefined) report([...path, "address"], reason);
    reportUnknownPorts(
      endpoint,
      ports.map(({ name }) => name),
      [...path, "ports"],
      report,
    );
  });
  return {
    hosts,
    addresses: addresses.filter((address) => isIP(address) !== 0),
    ports: ports.map(({ number, name, protocol, targetPort = number }) => ({ number, name, protocol, targetPort })),
    resolution,
    endpoints,
    selector: workloadSelector?.labels,
    exportTo,
    interface: metadata.annotations?.[INTERFACE_ANNOTATION],
  };
}

/** Why an endpoint at this address cannot be reached by this resolution; undefined where it can. */
export function addressProblem(address: string, resolution: "STATIC" | "DNS"): string | undefined {
  if (isIP(address) !== 0) return undefined;
  if (address.startsWith("unix:")) return `${address}: Unix domain sockets are not supported`;
  if (resolution === "STATIC") return `${address}: must be an IP address where resolution is STATIC; names need DNS`;
  return /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(address)
    ? undefined
    : `${address}: must be an IP address or a DNS name`;
}

function reportUnknownPorts(
  endpoint: WorkloadEntrySpec,
  names: readonly string[],
  path: readonly (string | number)[],
  report: Report,
): void {
  for (const name of Object.keys(endpoint.ports)) {
    if (!names.includes(name))
      report([...path, name], `the service has no port of this name${suggestion(name, names)}`);
  }
}
