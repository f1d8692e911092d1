import { type FilterConfig, toFilterConfig } from "../filter-config/filter-config.js";
import type { OutboundListener, Route } from "../model/model.js";
import { problemOf, type Router } from "../resource/resource.js";
import type { FieldPath } from "../status/field-path.js";
import type { Problem } from "../status/problem.js";
import type { ResolvedVirtualService, RouteOrigin } from "./resolve-virtual-service.js";

/** Asks the filter itself. Undefined where it takes the table, else the field's path in it and the reason. */
export type CheckFilterConfig = (protocol: string, config: FilterConfig) => string | undefined;

const FIELD = /^virtual_hosts\[(\d+)\]\.routes\[(\d+)\](?:\.match\.attributes\[(\d+)\])?[^:\s]*:?\s*/;

/** What is changed in messages of a route, or of one of its destinations. */
const MUTATION =
  /^virtual_hosts\[\d+\]\.routes\[\d+\]\.(?:policy|route\.weighted_clusters\.clusters\[(\d+)\])\.(request|response)_mutation/;

export interface Refusal {
  readonly resource: Router;
  readonly problem: Problem;
}

/** VirtualServices that the filter is asked about at once: few enough that asking anew without one of them costs little. */
const CHUNK = 64;

/** Those that the filter does not take even when there is nothing else, so that no other has to do with it. */
export function refusedAlone(
  virtualServices: readonly ResolvedVirtualService[],
  check: CheckFilterConfig,
): readonly Refusal[] {
  const refused: Refusal[] = [];
  for (let from = 0; from < virtualServices.length; from += CHUNK) {
    let chunk = virtualServices.slice(from, from + CHUNK);
    for (;;) {
      const found = firstRefused(chunk, check);
      if (found === undefined) break;
      const index = chunk.findIndex(({ resource }) => resource === found.resource);
      const alone = firstRefused(chunk.slice(index, index + 1), check);
      if (alone !== undefined) refused.push(alone);
      chunk = chunk.slice(index + 1);
    }
  }
  return refused;
}

function firstRefused(
  virtualServices: readonly ResolvedVirtualService[],
  check: CheckFilterConfig,
): Refusal | undefined {
  const [first] = virtualServices;
  if (first === undefined) return undefined;
  const { protocol, port, declared } = first;
  const virtualHosts = virtualServices.map(({ routes }, index) => {
    const name = String(index);
    return { name, services: [name], routes: routes.map(({ route }) => route) };
  });
  const listener = { protocol, port, mode: "call", virtualHosts, ...(declared && { declared }) } as const;
  const said = check(protocol, toFilterConfig(listener));
  const origins = new Map(virtualServices.flatMap(({ routes }) => routes.map(({ route, origin }) => [route, origin])));
  return said === undefined ? undefined : refusalOf(said, listener, origins);
}

/** Turns what the filter says of a table into a problem of the VirtualService that the field comes from. */
export function refusalOf(
  said: string,
  listener: OutboundListener,
  origins: ReadonlyMap<Route, RouteOrigin>,
): Refusal | undefined {
  const found = FIELD.exec(said);
  if (found === null) return undefined;
  const [prefix, host, index, attribute] = found;
  const route = listener.virtualHosts[Number(host)]?.routes[Number(index)];
  const origin = route && origins.get(route);
  if (origin === undefined) return undefined;
  const condition = attribute === undefined ? undefined : origin.conditions[Number(attribute)];
  const { resource } = origin;
  const path = condition ?? headersPath(said, origin) ?? origin.path;
  return { resource, problem: problemOf(resource, path, said.slice(prefix.length) || said) };
}

function headersPath(said: string, { path }: RouteOrigin): FieldPath | undefined {
  const found = MUTATION.exec(said);
  if (found === null) return undefined;
  const [, destination, direction = ""] = found;
  const route = path.slice(0, 3);
  const owner = destination === undefined ? route : [...route, "route", Number(destination)];
  return [...owner, "headers", direction];
}
