import { clusterName } from "../model/cluster-name.js";
import type { Endpoint, Locality, Service, ServicePort, Subset } from "../model/model.js";
import { socketAddress } from "./address.js";
import type { JsonObject } from "./json.js";
import { makeResource, type Resource } from "./resource.js";

/** EDS: where the hosts of a cluster are, by locality. A cluster without any is served empty, so that it becomes warm. */
export function buildEndpoints(service: Service, port: ServicePort, subset: Subset | undefined): Resource {
  const name = clusterName({ host: service.host, subset: subset?.name, port: port.number });
  return makeResource("EDS", name, loadAssignment(name, service, port, subset));
}

/** The ClusterLoadAssignment, of EDS and of a cluster that carries its own. */
export function loadAssignment(
  name: string,
  service: Service,
  port: ServicePort,
  subset: Subset | undefined,
): JsonObject {
  const localities = new Map<string, Endpoint[]>();
  for (const endpoint of service.endpoints.filter((endpoint) => carries(endpoint, port, subset))) {
    const key = localityKey(endpoint.locality);
    const group = localities.get(key);
    if (group === undefined) localities.set(key, [endpoint]);
    else group.push(endpoint);
  }
  const keys = [...localities.keys()].sort();
  return {
    cluster_name: name,
    endpoints: keys.map((key) => localityEndpoints(localities.get(key) as Endpoint[], port)),
  };
}

function carries(endpoint: Endpoint, port: ServicePort, subset: Subset | undefined): boolean {
  if (endpoint.ports[port.name] === 0) return false;
  return Object.entries(subset?.labels ?? {}).every(([label, value]) => endpoint.labels[label] === value);
}

function localityKey({ region, zone, subZone }: Locality): string {
  return `${region}/${zone}/${subZone}`;
}

function localityEndpoints(endpoints: readonly Endpoint[], port: ServicePort): JsonObject {
  const { region, zone, subZone } = (endpoints[0] as Endpoint).locality;
  return {
    locality: { region: region || undefined, zone: zone || undefined, sub_zone: subZone || undefined },
    lb_endpoints: endpoints.map((endpoint) => lbEndpoint(endpoint, port)),
    load_balancing_weight: endpoints.reduce((sum, endpoint) => sum + endpoint.weight, 0),
  };
}

/** Addresses after the first are tried by happy eyeballs: a dual-stack endpoint is one host, not two. */
function lbEndpoint(endpoint: Endpoint, port: ServicePort): JsonObject {
  const [address, ...additional] = endpoint.addresses.map((address) =>
    socketAddress(address, endpoint.ports[port.name] ?? port.number),
  );
  return {
    endpoint: {
      address,
      additional_addresses: additional.length > 0 ? additional.map((address) => ({ address })) : undefined,
    },
    load_balancing_weight: endpoint.weight,
  };
}
