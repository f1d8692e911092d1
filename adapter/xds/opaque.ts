import { clusterName } from "../model/cluster-name.js";
import type { Mesh, Service, ServicePort } from "../model/model.js";
import type { BindAddress } from "./bind.js";
import { makeResource, type Resource } from "./resource.js";
import { observedFilter } from "./tcp-proxy.js";
import { listenerAddresses } from "./wildcard.js";

/** A port of a service that speaks nothing of ours, where redirected connections to it pass as they are. */
export interface OpaquePort {
  readonly service: Service;
  readonly port: ServicePort;
  readonly listener: Resource;
}

/**
 * Connections to the services' own addresses would else be taken for what others speak at that port, or for connections to nobody. `held`: addresses that other
 * listeners have.
 */
export function opaquePorts({ services, opaque = [] }: Mesh, held: readonly BindAddress[]): readonly OpaquePort[] {
  const taken = new Set(held.map(({ ip, port }) => `${ip} ${port}`));
  return [...services, ...opaque].flatMap((service) =>
    service.ports.flatMap((port): readonly OpaquePort[] => {
      if (port.protocol !== undefined) return [];
      const { number } = port;
      const own = (service.addresses ?? []).filter((ip) => !taken.has(`${ip} ${number}`));
      for (const ip of own) taken.add(`${ip} ${number}`);
      const [first, ...additional] = own.map((ip): BindAddress => ({ ip, port: number }));
      if (first === undefined) return [];
      const name = `${first.ip}_${number}`;
      const listener = makeResource("LDS", name, {
        name,
        ...listenerAddresses([first, ...additional]),
        bind_to_port: false,
        traffic_direction: "OUTBOUND",
        filter_chains: [
          { filters: [observedFilter(name, clusterName({ host: service.host, subset: undefined, port: number }))] },
        ],
      });
      return [{ service, port, listener }];
    }),
  );
}
