import type { TrafficPolicy } from "../model/model.js";

/**
 * A subset's policy laid over its service's, as Istio does: what the subset says replaces what the service says, also for
 * single ports; what the subset says of a single port replaces everything.
 */
export function layerPolicy(service: TrafficPolicy, subset: TrafficPolicy): TrafficPolicy {
  const { ports: servicePorts = {}, ...serviceSettings } = service;
  const { ports: subsetPorts = {}, ...subsetSettings } = subset;
  const ports: Record<number, Omit<TrafficPolicy, "ports">> = {};
  for (const [number, settings] of Object.entries(servicePorts))
    ports[Number(number)] = { ...settings, ...subsetSettings };
  Object.assign(ports, subsetPorts);
  return {
    ...serviceSettings,
    ...subsetSettings,
    ...(Object.keys(ports).length > 0 && { ports }),
  };
}
