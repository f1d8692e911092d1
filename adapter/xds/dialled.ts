import { isIP } from "node:net";
import type { OutboundListener, Service, VirtualHost } from "../model/model.js";
import { formatAddress } from "./address.js";

/** A table without virtual hosts is none: this one has no route for any call. */
const NOTHING: VirtualHost = { name: "nothing", services: ["*"], routes: [] };

/**
 * The listener as a sidecar has it: one of istiod's for each service, at the service's own address. A call that no VirtualService names goes
 * by the service that its client has dialled, as it did before Meltemi.
 */
export function asDialled(listener: OutboundListener, services: readonly Service[]): OutboundListener {
  if (listener.virtualHosts.length === 0) return { ...listener, virtualHosts: [NOTHING] };
  const byHost = new Map(services.map((service) => [service.host, service]));
  // An address may be that of several services, as Pods of headless ones are. Envoy has one listener there, too.
  const taken = new Set<string>();
  const virtualHosts = listener.virtualHosts.map((host) => {
    const addresses = host.services
      .flatMap((name) => dialledAddresses(byHost.get(name), listener))
      .filter((address) => !taken.has(address) && taken.add(address));
    return addresses.length > 0 ? { ...withoutPresumed(host), addresses } : host;
  });
  return { ...listener, virtualHosts };
}

/** What is dialled tells more. */
function withoutPresumed({ presumed = [], ...host }: VirtualHost): VirtualHost {
  return { ...host, services: host.services.filter((name) => !presumed.includes(name)) };
}

/** A service without an address of its own is dialled at its endpoints'. */
function dialledAddresses(service: Service | undefined, { protocol, port }: OutboundListener): readonly string[] {
  const speaks = service?.ports.some((one) => one.number === port && one.protocol === protocol);
  if (service === undefined || !speaks) return [];
  const addresses = service.addresses ?? service.endpoints.flatMap((endpoint) => endpoint.addresses);
  return addresses.filter((ip) => isIP(ip) !== 0).map((ip) => formatAddress({ ip, port }));
}
