import type { ListenerMode } from "../model/model.js";

/** What tells one filter from another, in Envoy and within the filter's VM. */
export interface FilterIdentity {
  readonly listener: string;
  readonly protocol: string;
  readonly mode: ListenerMode;
}

/** The plugin's `root_id`: "dubbo", "dubbo/connection". It tells the filter what to speak and what to do. */
export function rootId({ protocol, mode }: FilterIdentity): string {
  return mode === "call" ? protocol : `${protocol}/${mode}`;
}

/**
 * Name of the filter's configuration in ECDS. The mode is part of it: a listener that changes its mode gets another filter, while
 * its former self, which Envoy drains, keeps the one that fits what stands behind it.
 */
export function filterName({ listener, mode }: FilterIdentity): string {
  return mode === "call" ? listener : `${listener}/${mode}`;
}
