import type { Endpoint } from "../model/model.js";
import { mention, problemOf, type ServiceEntry, type WorkloadEntry } from "../resource/resource.js";
import { addressProblem } from "../resource/service-entry.js";
import type { WorkloadEntrySpec } from "../resource/workload-entry.js";
import type { Problem } from "../status/problem.js";
import { type ProtocolNames, portProtocol } from "./port-protocol.js";
import { selects } from "./selects.js";
import type { ServiceDraft } from "./service-index.js";

/**
 * The services: those of Kubernetes, and one for each host of each ServiceEntry, as Istio has it, with its endpoints. A host that
 * Kubernetes has is Kubernetes'.
 */
export function draftServices(
  entries: readonly ServiceEntry[],
  workloads: readonly WorkloadEntry[],
  ofKubernetes: readonly ServiceDraft[],
  names: ProtocolNames,
): { readonly drafts: ReadonlyMap<string, ServiceDraft>; readonly problems: readonly Problem[] } {
  const drafts = new Map(ofKubernetes.map((draft) => [draft.host, draft]));
  const problems: Problem[] = [];
  const selected = new Set<WorkloadEntry>();
  const byNamespace = new Map<string, WorkloadEntry[]>();
  for (const workload of workloads) {
    const neighbours = byNamespace.get(workload.namespace);
    if (neighbours === undefined) byNamespace.set(workload.namespace, [workload]);
    else neighbours.push(workload);
  }
  for (const entry of entries) {
    const chosen = select(entry, byNamespace.get(entry.namespace) ?? []);
    for (const workload of chosen) selected.add(workload);
    const reachable = chosen.filter((workload) => {
      const reason = addressProblem(workload.spec.address, entry.spec.resolution);
      if (reason !== undefined) {
        problems.push(problemOf(workload, ["spec", "address"], `${reason} (by ${mention(entry)})`));
      }
      return reason === undefined;
    });
    const endpoints = [...entry.spec.endpoints, ...reachable.map(({ spec }) => spec)].map((spec) =>
      toEndpoint(spec, entry),
    );
    if (endpoints.length === 0 && (entry.spec.resolution === "STATIC" || entry.spec.selector !== undefined)) {
      problems.push(withoutEndpoints(entry));
    }
    const ports = entry.spec.ports.map((port) => ({
      number: port.number,
      name: port.name,
      protocol: portProtocol(port, names),
    }));
    entry.spec.hosts.forEach((host, index) => {
      const first = drafts.get(host);
      if (first !== undefined) {
        const reason = `${host} is a host of ${mention(first.by)} already, which stays in force for it`;
        problems.push(problemOf(entry, ["spec", "hosts", index], reason));
        return;
      }
      const { hosts, addresses, resolution } = entry.spec;
      const reached = endpointsOf(host, entry, endpoints);
      const known = { interface: hosts.length === 1 ? entry.spec.interface : undefined };
      drafts.set(host, { host, by: entry, hosts, ...known, addresses, resolution, ports, endpoints: reached });
    });
  }
  for (const workload of workloads) {
    if (selected.has(workload)) continue;
    const reason = `no ServiceEntry of the namespace ${workload.namespace} selects it by its labels: it gets no calls`;
    problems.push(problemOf(workload, ["spec", "labels"], reason, "warning"));
  }
  return { drafts, problems };
}

function select(entry: ServiceEntry, workloads: readonly WorkloadEntry[]): readonly WorkloadEntry[] {
  const { selector } = entry.spec;
  return selector === undefined ? [] : workloads.filter(({ spec }) => selects(selector, spec.labels));
}

function withoutEndpoints(entry: ServiceEntry): Problem {
  const { selector } = entry.spec;
  const hosts = entry.spec.hosts.join(", ");
  return selector === undefined
    ? problemOf(entry, ["spec"], `${hosts} has no endpoints: every call to it fails`, "warning")
    : problemOf(
        entry,
        ["spec", "workloadSelector"],
        `${hosts} has no endpoints: no WorkloadEntry of the namespace ${entry.namespace} has these labels`,
        "warning",
      );
}

/** Without endpoints a DNS service is where its own name leads. */
function endpointsOf(host: string, entry: ServiceEntry, endpoints: readonly Endpoint[]): readonly Endpoint[] {
  if (endpoints.length > 0 || entry.spec.resolution === "STATIC" || entry.spec.selector !== undefined) return endpoints;
  const own = { address: host, ports: {}, labels: {}, locality: { region: "", zone: "", subZone: "" }, weight: 1 };
  return [toEndpoint(own, entry)];
}

function toEndpoint(spec: WorkloadEntrySpec, entry: ServiceEntry): Endpoint {
  const ports: Record<string, number> = {};
  for (const { name, number, targetPort } of entry.spec.ports) {
    const port = Object.hasOwn(spec.ports, name) ? (spec.ports[name] ?? targetPort) : targetPort;
    if (port !== number) ports[name] = port;
  }
  const { address, labels, locality, weight } = spec;
  return { addresses: [address], ports, labels, locality, weight };
}
