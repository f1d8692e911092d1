import type { Mesh } from "../model/model.js";
import { AUTO } from "../model/protocols.js";
import { buildExtensionConfig, type WasmCode } from "../xds/extension-configs.js";
import { type FilterIdentity, filterName } from "../xds/filter-identity.js";
import type { Resource } from "../xds/resource.js";
import type { TableVersions } from "../xds/table-versions.js";
import { discoveredFilter, PASS_THROUGH } from "./discovered-filter.js";
import { atTcpProxy, type EnvoyFilter, envoyFilter } from "./envoy-filter.js";

/** A port at which workloads serve calls of a protocol. */
export interface InboundPort {
  readonly protocol: string;
  readonly number: number;
}

/** The ports at which the mesh's services are served: those of their endpoints. What is spoken there must be known to be observed. */
export function inboundPorts({ services }: Mesh): readonly InboundPort[] {
  const ports = new Map<string, InboundPort>();
  for (const { endpoints, ports: servicePorts } of services) {
    for (const { name, number, protocol } of servicePorts) {
      if (protocol === undefined || protocol === AUTO) continue;
      for (const endpoint of endpoints) {
        const port = { protocol, number: endpoint.ports[name] ?? number };
        ports.set(inboundName(port), port);
      }
    }
  }
  return [...ports.values()].sort((a, b) => a.number - b.number || (a.protocol < b.protocol ? -1 : 1));
}

/** In front of the local service calls are counted, by service, method and status, as they pass. */
export function inbound(namespace: string, port: InboundPort): EnvoyFilter {
  const filter = discoveredFilter(filterName(identity(port)), PASS_THROUGH);
  const match = { destinationPort: port.number };
  return envoyFilter(namespace, `inbound-${port.protocol}-${port.number}`.toLowerCase(), [
    atTcpProxy("SIDECAR_INBOUND", match, "INSERT_BEFORE", filter),
  ]);
}

/** Virtual hosts are only what calls are counted by: those of the protocol's listeners, and one for calls of services that none of them has. */
export function buildInboundConfig(
  port: InboundPort,
  { listeners }: Mesh,
  code: WasmCode,
  versions: Pick<TableVersions, "of">,
): Resource {
  const taken = new Set(["*"]);
  const named = listeners
    .filter(({ protocol }) => protocol === port.protocol)
    .flatMap(({ virtualHosts }) => virtualHosts)
    .map(({ name, services }) => ({ name, services: services.filter((one) => !taken.has(one) && taken.add(one)) }))
    .filter(({ services }) => services.length > 0);
  const routes = [{ route: { cluster: `inbound|${port.number}||` } }];
  const hosts = [...named, { name: "inbound", services: ["*"] }];
  const declared = listeners.find(({ protocol }) => protocol === port.protocol)?.declared;
  const table = {
    ...(declared && { program: declared.program }),
    virtual_hosts: hosts.map((host) => ({ ...host, routes })),
  };
  return buildExtensionConfig(identity(port), { ...table, version: versions.of(inboundName(port), table) }, code);
}

function identity(port: InboundPort): FilterIdentity {
  return { listener: inboundName(port), protocol: port.protocol, mode: "observe" };
}

function inboundName({ protocol, number }: InboundPort): string {
  return `inbound_${protocol}_${number}`;
}
