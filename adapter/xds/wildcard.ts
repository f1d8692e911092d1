import type { Family } from "../model/node-profile.js";
import { socketAddress } from "./address.js";
import type { BindAddress } from "./bind.js";
import type { JsonObject } from "./json.js";

type Addresses = readonly [BindAddress, ...BindAddress[]];

const ANY_ADDRESS: Readonly<Record<Family, string>> = { IPv4: "0.0.0.0", IPv6: "::" };

/** Where a listener is that takes what is for any address of the family. */
export function anyAddress(family: Family): string {
  return ANY_ADDRESS[family];
}

/** All addresses of a node that has these families. */
export function wildcard(families: readonly Family[], port: number): Addresses {
  const [first = "IPv4", ...others] = families;
  const at = (family: Family): BindAddress => ({ ip: ANY_ADDRESS[family], port });
  return [at(first), ...others.map(at)];
}

/** The fields of a listener that say where it is: one listener has the addresses of both families. */
export function listenerAddresses([first, ...additional]: Addresses): JsonObject {
  return {
    address: socketAddress(first.ip, first.port),
    additional_addresses:
      additional.length > 0 ? additional.map(({ ip, port }) => ({ address: socketAddress(ip, port) })) : undefined,
  };
}
