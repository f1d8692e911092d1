import { isIP } from "node:net";
import type { HttpListener } from "./http.js";
import { isLoopback } from "./ip.js";
import type { Mesh, Service } from "./model.js";
import { type Family, familyOf } from "./node-profile.js";

/** Whether a node that has these families can reach it, or be reached there. A name can be of any; its own machine is always there. */
export function isOfFamilies(address: string, families: readonly Family[]): boolean {
  return isIP(address) === 0 || isLoopback(address) || families.includes(familyOf(address));
}

/** The mesh without the addresses that a node of these families has no use for. An endpoint that has no other is none. */
export function inFamilies(mesh: Mesh, families: readonly Family[]): Mesh {
  if (families.length > 1) return mesh;
  const isGood = (address: string) => isOfFamilies(address, families);
  const all = (services: readonly Service[]) => services.map((service) => reduced(service, isGood));
  return {
    ...mesh,
    services: all(mesh.services),
    ...(mesh.opaque && { opaque: all(mesh.opaque) }),
    ...(mesh.http && { http: mesh.http.map((listener) => reducedHttp(listener, isGood)) }),
  };
}

function reducedHttp(listener: HttpListener, isGood: (address: string) => boolean): HttpListener {
  const virtualHosts = listener.virtualHosts.map((host) => ({ ...host, addresses: host.addresses.filter(isGood) }));
  return { ...listener, virtualHosts };
}

function reduced(service: Service, isGood: (address: string) => boolean): Service {
  const { addresses, endpoints } = service;
  const all = [...(addresses ?? []), ...endpoints.flatMap((endpoint) => endpoint.addresses)];
  if (all.every(isGood)) return service;
  return {
    ...service,
    // One that has addresses of the other family alone is no headless one: it has none that is of use.
    ...(addresses && { addresses: addresses.filter(isGood) }),
    endpoints: endpoints.flatMap((endpoint) => {
      const good = endpoint.addresses.filter(isGood);
      return good.length > 0 ? [{ ...endpoint, addresses: good }] : [];
    }),
  };
}
