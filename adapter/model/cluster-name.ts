import { destinationsOf } from "./destinations.js";
import type { OutboundListener } from "./model.js";

/**
 * The name of the cluster of a service's port, or of one of its subsets, exactly as Istio names it: routes that Meltemi
 * writes lead to the clusters of an istiod too.
 */
export function clusterName(destination: {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number;
}): string {
  return `outbound|${destination.port}|${destination.subset ?? ""}|${destination.host}`;
}

/** The clusters that a listener's routes lead to. */
export function clustersOf({ virtualHosts }: OutboundListener): readonly string[] {
  const destinations = virtualHosts.flatMap(({ routes }) => routes).flatMap(destinationsOf);
  return [...new Set(destinations.map(clusterName))];
}
