import type { Mesh, OutboundListener, Service } from "../model/model.js";
import type { Family } from "../model/node-profile.js";
import { portOwners } from "../model/port-owner.js";
import type { BindAddress, BoundListener } from "./bind.js";
import { listenerName, observable } from "./bind.js";
import { asDialled } from "./dialled.js";
import { wildcard } from "./wildcard.js";

/**
 * Gives the mesh's listeners the addresses that clients dial, for a node that their connections are redirected to: a listener takes all connections to
 * its port, whatever address they are for, so that services come and go without a change of it. Where several protocols
 * want one port, its owner has all addresses but those of the others' services (`portOwners`).
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
  const owners = portOwners(services);
  for (const [port, contenders] of ports) {
    const owner = contenders.find(({ protocol }) => protocol === owners.get(port)) ?? contenders[0];
    const taken = new Set<string>();
    for (const listener of contenders) {
      if (listener === owner) {
        bound.push(redirected(listener, services, wildcard(families, port), problems));
        continue;
      }
      const own = ownAddresses(listener, services).filter((ip) => !taken.has(ip) && taken.add(ip));
      const [address, ...additional] = own.map((ip): BindAddress => ({ ip, port }));
      if (address !== undefined) bound.push(redirected(listener, services, [address, ...additional], problems));
    }
  }
  return { bound, problems };
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
