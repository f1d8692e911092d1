import { isHttp } from "../model/http.js";
import { canonicalIp } from "../model/ip.js";
import { lostTo, portOwners, spoken } from "../model/port-owner.js";
import { conflict, mention } from "../resource/resource.js";
import type { FieldPath } from "../status/field-path.js";
import type { Problem } from "../status/problem.js";
import type { ServiceDraft } from "./service-index.js";

type ProtocolOf = (host: string, port: number) => string | undefined;

/**
 * What several services want and one gets, where connections are redirected: an address with its port, a port of all addresses, a port of a workload. Who has it
 * is told on the field of the one that has not. `drafts` are in the order of resources.
 */
export function contested(drafts: readonly ServiceDraft[], protocolOf: ProtocolOf): readonly Problem[] {
  return [
    ...sharedAddresses(drafts, protocolOf),
    ...lostPorts(drafts, protocolOf),
    ...workloadPorts(drafts, protocolOf),
  ];
}

/** The first keeps it. The hosts of one resource have its addresses in common. */
function sharedAddresses(drafts: readonly ServiceDraft[], protocolOf: ProtocolOf): readonly Problem[] {
  const owners = new Map<string, ServiceDraft>();
  const problems = new Map<string, Problem>();
  for (const draft of drafts) {
    for (const address of draft.addresses) {
      const shared = draft.ports.filter(({ number }) => {
        const key = `${canonicalIp(address)} ${number}`;
        const owner = owners.get(key);
        if (owner === undefined) owners.set(key, draft);
        if (owner === undefined || owner.by === draft.by) return false;
        // Of two that speak HTTP it is told where their names are collected.
        return ![draft, owner].every(({ host }) => isHttp(protocolOf(host, number)));
      });
      const [port] = shared;
      const owner = port && owners.get(`${canonicalIp(address)} ${port.number}`);
      if (owner === undefined) continue;
      const reason = `${address} port ${shared.map(({ number }) => number).join(", ")} is that of ${mention(owner.by)} already: connections there are for ${owner.host}`;
      problems.set(`${mention(draft.by)} ${address}`, warning(draft, addressField(draft, address), reason));
    }
  }
  return [...problems.values()];
}

/** Where the address stands; what Kubernetes has given is not written by anybody. */
function addressField({ by }: ServiceDraft, address: string): FieldPath {
  const { addresses = [], clusterIPs = [] } = (by.raw.document as { readonly spec?: Written }).spec ?? {};
  if (clusterIPs.includes(address)) return ["spec", "clusterIPs", clusterIPs.indexOf(address)];
  return addresses.includes(address) ? ["spec", "addresses", addresses.indexOf(address)] : ["spec"];
}

interface Written {
  readonly addresses?: readonly string[];
  readonly clusterIPs?: readonly string[];
}

function lostPorts(drafts: readonly ServiceDraft[], protocolOf: ProtocolOf): readonly Problem[] {
  const services = drafts.map((draft) => ({
    draft,
    addresses: draft.addresses,
    ports: draft.ports.map((port) => ({ ...port, protocol: protocolOf(draft.host, port.number) })),
  }));
  const owners = portOwners(services);
  return services.flatMap((service) =>
    service.ports.flatMap((port, index) => {
      const owner = lostTo(owners, service, port);
      if (owner === undefined) return [];
      const reason =
        `port ${port.number} is ${owner}'s for all addresses, and ${service.draft.host} has none of its own by which ${port.protocol} could be told ` +
        "from it: Envoys that connections are redirected to do not serve it. Give it an address, or another port";
      return [warning(service.draft, ["spec", "ports", index], reason)];
    }),
  );
}

/** Two services may have one workload, and say different things of one port of it: the first by its host is heard (`localPortsIn`). */
function workloadPorts(drafts: readonly ServiceDraft[], protocolOf: ProtocolOf): readonly Problem[] {
  const known = new Map<string, { readonly draft: ServiceDraft; readonly protocol: string }>();
  const problems: Problem[] = [];
  for (const draft of drafts.toSorted((a, b) => (a.host < b.host ? -1 : 1))) {
    draft.ports.forEach(({ name, number }, index) => {
      const said = protocolOf(draft.host, number);
      if (said === undefined) return;
      const protocol = spoken(said);
      const rivals = new Set<ServiceDraft>();
      for (const { addresses, ports } of draft.endpoints) {
        if (ports[name] === 0) continue;
        for (const address of addresses) {
          const key = `${canonicalIp(address)} ${ports[name] ?? number}`;
          const first = known.get(key);
          if (first === undefined) known.set(key, { draft, protocol });
          else if (first.protocol !== protocol) rivals.add(first.draft);
        }
      }
      const [rival] = rivals;
      if (rival === undefined) return;
      const reason = `it leads to workloads of ${rival.host}, which says another protocol of the same port (${mention(rival.by)}): before these it is taken to speak that`;
      problems.push(warning(draft, ["spec", "ports", index], reason));
    });
  }
  return problems;
}

function warning({ by }: ServiceDraft, path: FieldPath, reason: string): Problem {
  return { ...conflict(by, path, reason), severity: "warning" };
}
