import { clustersOf } from "../model/cluster-name.js";
import { isOfFamilies } from "../model/families.js";
import { isLoopback } from "../model/ip.js";
import type { OutboundListener } from "../model/model.js";
import type { Family } from "../model/node-profile.js";
import { mayLackService } from "../model/protocols.js";
import { formatAddress } from "./address.js";
import { shareListener } from "./share-listener.js";

export interface BindAddress {
  readonly ip: string;
  readonly port: number;
}

/** Where a protocol is served. Without a port all of the protocol's services are behind one listener. */
export interface Listen {
  readonly protocol: string;
  /** The service port whose listener is bound here. */
  readonly port?: number;
  /** Those after the first are further addresses of the same listener, of another family say. */
  readonly addresses: readonly [BindAddress, ...BindAddress[]];
}

/** Ports of listeners that others than the machine's own programs may reach. */
export function openPorts(listen: readonly Listen[]): readonly number[] {
  return listen.flatMap(({ addresses }) => addresses.filter(({ ip }) => !isLoopback(ip)).map(({ port }) => port));
}

/** A listener of the mesh with the name and the addresses it has in Envoy. */
export interface BoundListener {
  readonly name: string;
  readonly addresses: readonly [BindAddress, ...BindAddress[]];
  readonly listener: OutboundListener;
  /** Connections come to it from `virtualOutbound`, and from nowhere else. */
  readonly redirected?: true;
}

/**
 * Gives the mesh's listeners their addresses: those that `listen` names for their protocol and port, else those it names for
 * their protocol, else the loopback address and their own port. What cannot be served so is left out, and said.
 */
export function bindListeners(
  listeners: readonly OutboundListener[],
  listen: readonly Listen[],
  families: readonly Family[],
): { readonly bound: readonly BoundListener[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const bound: BoundListener[] = [];
  const loopback = families.includes("IPv4") ? "127.0.0.1" : "::1";
  const shared = new Map<Listen, OutboundListener[]>();
  // The filter takes no table without a virtual host.
  for (const listener of listeners.filter(({ virtualHosts }) => virtualHosts.length > 0)) {
    const { protocol, port } = listener;
    const entry =
      listen.find((entry) => entry.protocol === protocol && entry.port === port) ??
      listen.find((entry) => entry.protocol === protocol && entry.port === undefined);
    if (entry !== undefined && entry.port === undefined) shared.set(entry, [...(shared.get(entry) ?? []), listener]);
    else {
      const addresses = entry?.addresses ?? ([{ ip: loopback, port }] as const);
      bound.push({ name: listenerName(protocol, port), addresses, listener });
    }
  }
  for (const [{ protocol, addresses }, members] of shared) {
    const port = addresses[0].port;
    bound.push({ name: listenerName(protocol, port), addresses, listener: shareListener(port, members, problems) });
  }
  for (const { name, listener } of bound) tellNameless(name, listener, problems);
  const served = bound.flatMap((one) => reachable(one, families, problems)).map((one) => observable(one, problems));
  return { bound: withoutConflicts(served, problems), problems };
}

/** A node has no listener at an address of a family that it lacks. */
export function reachable<T extends Pick<BoundListener, "name" | "addresses">>(
  bound: T,
  families: readonly Family[],
  problems: string[],
): readonly T[] {
  const [first, ...additional] = bound.addresses.filter(({ ip }) => isOfFamilies(ip, families));
  if (first !== undefined) return [{ ...bound, addresses: [first, ...additional] }];
  const addresses = bound.addresses.map(formatAddress).join(" and ");
  problems.push(
    `listener ${bound.name} is left out: it is at ${addresses}, and the node has no address but of ${families.join(" and ")}. Give it ` +
      "another one with --listen",
  );
  return [];
}

/** Where calls name no service, nothing but the listener says for whom they are. */
function tellNameless(name: string, listener: OutboundListener, problems: string[]): void {
  const { protocol, virtualHosts } = listener;
  const hasDefault = virtualHosts.some(({ services }) => services.includes("*"));
  if (virtualHosts.length < 2 || hasDefault || !mayLackService(listener)) return;
  problems.push(
    `listener ${name} is of ${virtualHosts.map((host) => host.name).join(" and ")}, and calls of ${protocol} may name no service: those ` +
      "are answered with an error. Give each service a port of its own",
  );
}

/** To observe is to carry connections to one cluster. Where routes lead to several, or to none, it is done call by call. */
export function observable(bound: BoundListener, problems: string[]): BoundListener {
  const { name, listener } = bound;
  const clusters = listener.mode === "observe" ? clustersOf(listener).length : 1;
  if (clusters === 1) return bound;
  problems.push(
    `listener ${name} is of mode observe, for which all routes must lead to one cluster, and they lead to ${clusters}; ` +
      "it is of mode call",
  );
  return { ...bound, listener: { ...listener, mode: "call" } };
}

/** A shared listener is named by the port it is bound to: services that come and go on other ports do not rename it. */
export function listenerName(protocol: string, port: number): string {
  return `outbound_${protocol}_${port}`;
}

/** Envoy would refuse all listeners for two of one name or one address. `others` have theirs already. */
export function withoutConflicts<T extends Pick<BoundListener, "name" | "addresses">>(
  bound: readonly T[],
  problems: string[],
  others: readonly Pick<BoundListener, "name" | "addresses">[] = [],
): readonly T[] {
  const taken = new Map<string, string>();
  for (const { name, addresses } of others) {
    for (const key of [name, ...addresses.map(({ ip, port }) => `${ip} port ${port}`)]) taken.set(key, name);
  }
  return bound.filter(({ name, addresses }) => {
    const keys = [name, ...addresses.map(({ ip, port }) => `${ip} port ${port}`)];
    const conflict = keys.find((key) => taken.has(key));
    if (conflict !== undefined) {
      problems.push(
        `listener ${name} is left out: ${conflict} is taken by listener ${taken.get(conflict)}. Give it an address of its own with --listen`,
      );
      return false;
    }
    for (const key of keys) taken.set(key, name);
    return true;
  });
}
