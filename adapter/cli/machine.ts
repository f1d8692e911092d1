import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { InvalidArgumentError } from "commander";
import type { NodeAddress } from "../model/node-profile.js";

/** All addresses of this machine by which others reach it, in the order of its interfaces. */
export function machineAddresses(): readonly NodeAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ address, internal }) => !internal && !/^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address))
      .map(({ address }) => ({ ip: address, interface: name })),
  );
}

/** One more of several options `--address [INTERFACE=]IP`. */
export function parseNodeAddress(text: string, before: readonly NodeAddress[] | false = []): readonly NodeAddress[] {
  const [, name, ip = ""] = /^(?:([^=,\s]+)=)?(.*)$/.exec(text) ?? [];
  if (isIP(ip) === 0) throw new InvalidArgumentError("Write IP or INTERFACE=IP, such as eth0=10.0.0.5 or fd00::5.");
  return [...(before || []), { ip, interface: name }];
}

/**
 * A client's connection takes a descriptor of its own and those of its connections upstream: one where connections pass whole, four where single calls
 * are routed and nothing else is said of their tunnels. What is left is for listeners, the adapter and files.
 */
const DESCRIPTORS_PER_CONNECTION = 5;
const SPARE_DESCRIPTORS = 128;

/** How many clients' connections Envoy has descriptors for, where it is started as we were; undefined: the system does not say. */
export function defaultMaxConnections(): number | undefined {
  const limit = descriptorLimit();
  return limit === undefined ? undefined : connectionsWithin(limit);
}

export function connectionsWithin(descriptors: number): number {
  return Math.max(1, Math.floor((descriptors - SPARE_DESCRIPTORS) / DESCRIPTORS_PER_CONNECTION));
}

/** Of who has started us: Node raises its own, and Envoy does not. */
function descriptorLimit(): number | undefined {
  try {
    const limits = readFileSync(`/proc/${process.ppid}/limits`, "utf8");
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    return Number.isNaN(limit) ? undefined : limit;
  } catch {
    return undefined;
  }
}
