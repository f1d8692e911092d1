import { type Inbound, inboundListenerAt } from "./inbound.js";
import type { Endpoint, Mesh, Service, ServicePort } from "./model.js";

/** A port at which workloads serve calls of a protocol. */
export interface InboundPort {
  readonly protocol: string;
  readonly number: number;
}

/** The ports at which the mesh's services are served: those of their endpoints, ready or not, and those of inbound policies. */
export function inboundPorts({ services, inbound }: Mesh): readonly InboundPort[] {
  const ports = new Map<string, InboundPort>();
  const add = (port: InboundPort) => ports.set(`${port.protocol} ${port.number}`, port);
  for (const service of services) {
    for (const { name, number, protocol } of service.ports) {
      if (protocol === undefined) continue;
      for (const served of [...service.endpoints.map((one) => one.ports), ...(service.unreadyPorts ?? [])]) {
        add({ protocol, number: served[name] ?? number });
      }
    }
  }
  for (const { protocol, port } of inbound?.listeners ?? []) add({ protocol, number: port });
  return [...ports.values()].sort((a, b) => a.number - b.number || (a.protocol < b.protocol ? -1 : 1));
}

/** Namespaces of whose workloads something is asked at the port, by policies of their own or `undefined`: of those of all. */
export function askedNamespaces(mesh: Mesh, port: InboundPort): readonly (string | undefined)[] {
  const { inbound, services } = mesh;
  if (inbound === undefined) return [];
  if (isAskedIn(inbound, inbound.rootNamespace, services, port)) return [undefined];
  const namespaces = new Set([...inbound.policies, ...inbound.listeners].map(({ namespace }) => namespace));
  return [...namespaces].sort().filter((namespace) => isAskedIn(inbound, namespace, services, port));
}

function isAskedIn(inbound: Inbound, namespace: string, services: readonly Service[], port: InboundPort): boolean {
  const { protocol, number } = port;
  if (inboundListenerAt(inbound, namespace, protocol, number)?.namespace === namespace) return true;
  const isRoot = namespace === inbound.rootNamespace;
  const there = services.filter((one) => isRoot || one.namespace === namespace);
  return inbound.policies.some(
    (policy) => policy.namespace === namespace && there.some((service) => isServed(service, port, policy.labels)),
  );
}

/** Whether a workload with these labels may serve the service at the port. Those that are not ready may have any. */
function isServed(service: Service, port: InboundPort, labels: Readonly<Record<string, string>>): boolean {
  return service.ports
    .filter(({ protocol }) => protocol === port.protocol)
    .some(
      (one) =>
        (service.unreadyPorts ?? []).some((served) => portOf(served, one) === port.number) ||
        service.endpoints.some((endpoint) => portOf(endpoint.ports, one) === port.number && has(endpoint, labels)),
    );
}

function portOf(served: Readonly<Record<string, number>>, { name, number }: ServicePort): number {
  return served[name] ?? number;
}

function has(endpoint: Endpoint, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([label, value]) => endpoint.labels[label] === value);
}
