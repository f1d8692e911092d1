import { isHttp } from "./http.js";
import type { Service } from "./model.js";

/** Services that say the same of HTTP are served together. */
export function spoken(protocol: string): string {
  return isHttp(protocol) ? "http" : protocol;
}

/**
 * By port the protocol that has all addresses, where connections are redirected: what is for no address in particular is taken to speak it. Of several it
 * is one of RPC; of these one with services that have no address of their own, which cannot be told otherwise; of equals the first by its name.
 */
export function portOwners(services: readonly Pick<Service, "ports" | "addresses">[]): ReadonlyMap<number, string> {
  const owners = new Map<number, { readonly protocol: string; readonly rank: string }>();
  for (const { ports, addresses = [] } of services) {
    for (const { number, protocol } of ports) {
      if (protocol === undefined) continue;
      const name = spoken(protocol);
      const rank = `${name === "http" ? 1 : 0}${addresses.length === 0 ? 0 : 1}${name}`;
      const known = owners.get(number);
      if (known === undefined || rank < known.rank) owners.set(number, { protocol: name, rank });
    }
  }
  return new Map([...owners].map(([port, { protocol }]) => [port, protocol]));
}

/** Whether the service is served at its port by address alone, and has none: whose the port is. */
export function lostTo(
  owners: ReadonlyMap<number, string>,
  { addresses = [] }: Pick<Service, "addresses">,
  { number, protocol }: { readonly number: number; readonly protocol: string | undefined },
): string | undefined {
  const owner = owners.get(number);
  if (protocol === undefined || owner === undefined || addresses.length > 0) return undefined;
  return spoken(protocol) === owner ? undefined : owner;
}
