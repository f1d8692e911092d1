import { clusterName } from "../model/cluster-name.js";
import type { Endpoint, Locality, Service, ServicePort, Subset } from "../model/model.js";
import { socketAddress } from "./address.js";
import { familyMetadata } from "./client-family.js";
import type { JsonObject } from "./json.js";
import { type Host, hostsOf, type Placement } from "./placement.js";
import { makeResource, type Resource } from "./resource.js";

/** EDS: where the hosts of a cluster are, by locality. A cluster without any is served empty, so that it becomes warm. */
export function buildEndpoints(
  service: Service,
  port: ServicePort,
  subset: Subset | undefined,
  placement: Placement,
): Resource {
  const name = clusterName({ host: service.host, subset: subset?.name, port: port.number });
  return makeResource("EDS", name, loadAssignment(name, service, port, subset, placement));
}

/** The ClusterLoadAssignment, of EDS and of a cluster that carries its own. */
export function loadAssignment(
  name: string,
  service: Service,
  port: ServicePort,
  subset: Subset | undefined,
  placement: Placement,
): JsonObject {
  const endpoints = service.endpoints.filter((endpoint) => carries(endpoint, port, subset));
  const hosts = endpoints.flatMap((endpoint) => hostsOf(endpoint, placement));
  // Envoy wants priorities without a gap.
  const ranks = [...new Set(hosts.map(({ rank }) => rank))].sort((a, b) => a - b);
  return {
    cluster_name: name,
    endpoints: ranks.flatMap((rank, priority) =>
      byLocality(hosts.filter((host) => host.rank === rank)).map((group) => ({
        ...localityEndpoints(group, port, placement),
        ...(priority > 0 && { priority }),
      })),
    ),
  };
}

function byLocality(hosts: readonly Host[]): readonly (readonly Host[])[] {
  const localities = new Map<string, Host[]>();
  for (const host of hosts) {
    const key = localityKey(host.endpoint.locality);
    const group = localities.get(key);
    if (group === undefined) localities.set(key, [host]);
    else group.push(host);
  }
  return [...localities.keys()].sort().map((key) => localities.get(key) as Host[]);
}

function carries(endpoint: Endpoint, port: ServicePort, subset: Subset | undefined): boolean {
  if (endpoint.ports[port.name] === 0) return false;
  return Object.entries(subset?.labels ?? {}).every(([label, value]) => endpoint.labels[label] === value);
}

function localityKey({ region, zone, subZone }: Locality): string {
  return `${region}/${zone}/${subZone}`;
}

function localityEndpoints(hosts: readonly Host[], port: ServicePort, placement: Placement): JsonObject {
  const { region, zone, subZone } = (hosts[0] as Host).endpoint.locality;
  return {
    locality: { region: region || undefined, zone: zone || undefined, sub_zone: subZone || undefined },
    lb_endpoints: hosts.map((host) => lbEndpoint(host, port, placement)),
    load_balancing_weight: hosts.reduce((sum, { endpoint }) => sum + endpoint.weight, 0),
  };
}

/** Addresses after the first are tried by happy eyeballs: a dual-stack endpoint is one host, not two. */
function lbEndpoint({ endpoint, addresses, family }: Host, port: ServicePort, { ipFamily }: Placement): JsonObject {
  const [address, ...additional] = addresses.map((address) =>
    socketAddress(address, endpoint.ports[port.name] ?? port.number),
  );
  return {
    endpoint: {
      address,
      additional_addresses: additional.length > 0 ? additional.map((address) => ({ address })) : undefined,
    },
    load_balancing_weight: endpoint.weight,
    ...familyMetadata(family, ipFamily),
  };
}
