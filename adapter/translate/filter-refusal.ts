import type { FilterConfig } from "../filter-config/filter-config.js";
import type { OutboundListener, Route } from "../model/model.js";
import { problemOf, type VirtualService } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";
import type { RouteOrigin } from "./resolve-virtual-service.js";

/** Asks the filter itself. Undefined where it takes the table, else the field's path in it and the reason. */
export type CheckFilterConfig = (protocol: string, config: FilterConfig) => string | undefined;

const FIELD = /^virtual_hosts\[(\d+)\]\.routes\[(\d+)\](?:\.match\.attributes\[(\d+)\])?[^:\s]*:?\s*/;

/** Turns what the filter says of a table into a problem of the VirtualService that the field comes from. */
export function refusalOf(
  said: string,
  listener: OutboundListener,
  origins: ReadonlyMap<Route, RouteOrigin>,
): { readonly resource: VirtualService; readonly problem: Problem } | undefined {
  const found = FIELD.exec(said);
  if (found === null) return undefined;
  const [prefix, host, index, attribute] = found;
  const route = listener.virtualHosts[Number(host)]?.routes[Number(index)];
  const origin = route && origins.get(route);
  if (origin === undefined) return undefined;
  const condition = attribute === undefined ? undefined : origin.conditions[Number(attribute)];
  const { resource } = origin;
  return { resource, problem: problemOf(resource, condition ?? origin.path, said.slice(prefix.length) || said) };
}
