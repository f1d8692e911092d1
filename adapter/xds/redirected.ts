import type { Mesh, OutboundListener, Service } from "../model/model.js";
import type { Family } from "../model/node-profile.js";
import type { BindAddress, BoundListener } from "./bind.js";
import { listenerName, observable } from "./bind.js";
import { asDialled } from "./dialled.js";
import { wildcard } from "./wildcard.js";

/**
 * Gives the mesh's listeners the addresses that clients dial, for a node that their connections are redirected to: a listener takes all connections to
 * its port, whatever address they are for, so that services come and go without a change of it. Where several want one port, the
 * first has all addresses but those of the others' services, by `first`; services of others that have no address of their own are not served, and it is said.
 */
export function bindRedirected(
  { listeners, services }: Pick<Mesh, "listeners" | "services">,
  families: readonly Family[],
): { readonly bound: readonly BoundListener[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const bound: BoundListener[] = [];
  const ports = new Map<number, OutboundListener[]>();
  // The filter takes no table without a virtual host.
  for (const listener of listeners.filter(({ virtualHosts }) => virtualHosts.length > 0)) {
    ports.set(listener.port, [...(ports.get(listener.port) ?? []), listener]);
  }
  for (const [port, contenders] of ports) {
    const [first, ...others] = firstAtPort(contenders, services);
    if (first === undefined) continue;
    bound.push(redirected(first, services, wildcard(families, port), problems));
    const taken = new Set<string>();
    for (const listener of others) {
      const own = ownAddresses(listener, services).filter((ip) => !taken.has(ip) && taken.add(ip));
      const [address, ...additional] = own.map((ip): BindAddress => ({ ip, port }));
      for (const service of addressless(listener, services)) {
        problems.push(
          `port ${port} of ${service.host} is not served as ${listener.protocol}: ${first.protocol} has the port, and the service has no address ` +
            "of its own by which to tell them. Give it one, or another port",
        );
      }
      if (address !== undefined) bound.push(redirected(listener, services, [address, ...additional], problems));
    }
  }
  return { bound, problems };
}

/**
 * Who takes what is for no address in particular: the one with services that have no address of their own, which cannot be told
 * otherwise; of equals the first by its protocol's name.
 */
function firstAtPort(
  contenders: readonly OutboundListener[],
  services: readonly Service[],
): readonly OutboundListener[] {
  const needsAll = (listener: OutboundListener) => addressless(listener, services).length > 0;
  return contenders.toSorted((a, b) => Number(needsAll(b)) - Number(needsAll(a)) || (a.protocol < b.protocol ? -1 : 1));
}

function redirected(
  listener: OutboundListener,
  services: readonly Service[],
  addresses: BoundListener["addresses"],
  problems: string[],
): BoundListener {
  const name = listenerName(listener.protocol, listener.port);
  return observable({ name, addresses, listener: asDialled(listener, services), redirected: true }, problems);
}

function speaking({ protocol, port }: OutboundListener, services: readonly Service[]): readonly Service[] {
  return services.filter(({ ports }) => ports.some((one) => one.number === port && one.protocol === protocol));
}

function ownAddresses(listener: OutboundListener, services: readonly Service[]): readonly string[] {
  return speaking(listener, services).flatMap(({ addresses = [] }) => addresses);
}

function addressless(listener: OutboundListener, services: readonly Service[]): readonly Service[] {
  return speaking(listener, services).filter(({ addresses = [] }) => addresses.length === 0);
}
