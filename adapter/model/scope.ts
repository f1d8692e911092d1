import type { Egress, HostPattern, Mesh, Scope, Service, ServicePort } from "./model.js";

/** Whose view of a mesh it is. */
export interface Viewer {
  /** Undefined: a node of which none is known. */
  readonly namespace: string | undefined;
  /** What comes to a gateway from outside may be for any service: no scope is for it. */
  readonly gateway?: boolean;
}

/** Undefined: it calls all that it may see. */
export function scopeOf({ scopes = [] }: Mesh, { namespace, gateway = false }: Viewer): Scope | undefined {
  if (gateway) return undefined;
  const own = namespace === undefined ? undefined : scopes.find((one) => one.namespace === namespace);
  return own ?? scopes.find((one) => one.namespace === undefined);
}

/** Those of its ports that nodes of the namespace call; none: they do not call the service. */
export function portsInScope(
  { egress }: Scope,
  service: Service,
  namespace: string | undefined,
): readonly ServicePort[] {
  const letting = egress.filter((one) => letsThrough(one, service, namespace));
  if (letting.some(({ port }) => port === undefined)) return service.ports;
  return service.ports.filter(({ number }) => letting.some(({ port }) => port === number));
}

function letsThrough({ hosts, excluded }: Egress, service: Service, namespace: string | undefined): boolean {
  const holds = (pattern: HostPattern) => matches(pattern, service, namespace);
  return hosts.some(holds) && !excluded.some(holds);
}

function matches(pattern: HostPattern, service: Service, namespace: string | undefined): boolean {
  const of = pattern.namespace === "." ? namespace : pattern.namespace;
  if (of !== "*" && of !== service.namespace) return false;
  return pattern.host.startsWith("*") ? service.host.endsWith(pattern.host.slice(1)) : service.host === pattern.host;
}

/** Namespaces whose scope no other has. */
export function scopedNamespaces({ scopes = [], services }: Mesh): readonly string[] {
  const named = scopes.flatMap(({ namespace }) => namespace ?? []);
  const rest = scopes.find(({ namespace }) => namespace === undefined);
  const isRelative = rest?.egress.some(({ hosts, excluded }) =>
    [...hosts, ...excluded].some(({ namespace }) => namespace === "."),
  );
  return isRelative ? [...named, ...services.map(({ namespace }) => namespace)] : named;
}
