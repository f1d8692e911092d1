import { isIP } from "node:net";
import { canonicalIp, isLoopback } from "../model/ip.js";
import type { Endpoint, Mesh, Service } from "../model/model.js";
import { familyOf } from "../model/node-profile.js";
import type { OwnEndpoint } from "../model/own-endpoints.js";
import { formatAddress } from "./address.js";
import type { BindAddress } from "./bind.js";
import { anyAddress } from "./wildcard.js";

/** What a node's listeners take, by address. */
export interface Taken {
  /** Those that send calls on to services. */
  readonly outbound: readonly BindAddress[];
  /** Those before services of the node's own machine. */
  readonly inbound: readonly BindAddress[];
  /** Instances that are registered at addresses of the node's. */
  readonly own: readonly OwnEndpoint[];
}

/**
 * Whether a connection from the node to there comes to one of its own outbound listeners, and from there to where it came from. The more specific of two
 * addresses has it: an inbound listener at the address itself is not in the way of one that is at all addresses.
 */
export function comesBack({ outbound, inbound, own }: Taken): (ip: string, port: number) => boolean {
  const key = (ip: string, port: number) => formatAddress({ ip: canonicalIp(ip), port });
  const sending = new Set(outbound.map(({ ip, port }) => key(ip, port)));
  const serving = new Set(inbound.map(({ ip, port }) => key(ip, port)));
  const owned = new Set(own.map(({ ip, port }) => key(ip, port)));
  return (ip, port) => {
    if (isIP(ip) === 0) return false;
    const there = key(ip, port);
    if (serving.has(there)) return false;
    if (sending.has(there)) return true;
    return (isLoopback(ip) || owned.has(there)) && sending.has(key(anyAddress(familyOf(ip)), port));
  };
}

/** The mesh without endpoints that are the node's own outbound listeners, and in words which these are: a call there fails, and does not go round. */
export function withoutLoops(
  mesh: Mesh,
  isLoop: (ip: string, port: number) => boolean,
): { readonly mesh: Mesh; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const services = mesh.services.map((service) => withoutLoop(service, isLoop, problems));
  return { mesh: problems.length === 0 ? mesh : { ...mesh, services }, problems };
}

function withoutLoop(service: Service, isLoop: (ip: string, port: number) => boolean, problems: string[]): Service {
  const wrong = new Set<string>();
  const endpoints = service.endpoints.flatMap((endpoint) => {
    const loops = (address: string) => {
      const port = service.ports.map((one) => portOf(endpoint, one)).find((number) => isLoop(address, number));
      if (port !== undefined) wrong.add(formatAddress({ ip: address, port }));
      return port !== undefined;
    };
    const good = endpoint.addresses.filter((address) => !loops(address));
    if (good.length === endpoint.addresses.length) return [endpoint];
    return good.length > 0 ? [{ ...endpoint, addresses: good }] : [];
  });
  if (wrong.size === 0) return service;
  problems.push(
    `endpoint ${[...wrong].join(" and ")} of ${service.host} is left out: the node's own listener is there, so that calls would come back to it for ever. ` +
      "Register where the service itself is, or write a ListenerPolicy with inbound.defaultEndpoint for the port",
  );
  return { ...service, endpoints };
}

function portOf(endpoint: Endpoint, { name, number }: Service["ports"][number]): number {
  return endpoint.ports[name] ?? number;
}
