import type { RawResource } from "../source/source.js";
import { hostsMeant } from "../translate/service-index.js";
import { kindOf, listAt, mapAt, nameOf, namespaceOf, specOf, textAt, textsAt } from "./written.js";

const ROUTERS = new Set(["VirtualService", "MetaRouter"]);

/**
 * What counts for a tenant of what other tenants export to it, in the order given. It adds names, and changes nothing of those that the tenant's
 * own resources or the root namespace's (`known`) have: a service whose host may be taken for one of theirs is left out, and routes and rules are
 * for the services of their own namespace alone. `*` is for what no other VirtualService takes, and is each tenant's own.
 */
export function importsOf(
  exported: readonly RawResource[],
  known: readonly RawResource[],
  tenant: string,
  rootNamespace: string,
): readonly RawResource[] {
  if (exported.length === 0) return exported;
  const names = new Set(known.flatMap((raw) => (ROUTERS.has(kindOf(raw)) ? hostsOf(raw) : serviceHosts(raw))));
  const homes = [tenant, rootNamespace];
  const owners = new Map<string, string>();
  const isTaken = (host: string) =>
    homes.some((home) => hostsMeant(host, home).some((name) => names.has(name) || home === clusterNamespace(name)));
  const observed = new Set(known.flatMap(observedPort));
  const services = exported.filter((raw) => {
    const hosts = serviceHosts(raw);
    const namespace = String(namespaceOf(raw));
    if (hosts.some((host) => isTaken(host) || !isLocal(host, raw))) return false;
    if (hosts.length > 0 && servicePorts(raw).some((port) => observed.has(port))) return false;
    for (const host of hosts) if (!owners.has(host)) owners.set(host, namespace);
    return true;
  });
  const kept = new Set(services);
  return exported.filter((raw) => {
    if (!kept.has(raw)) return false;
    const kind = kindOf(raw);
    const namespace = String(namespaceOf(raw));
    const isOthers = (name: string) =>
      hostsMeant(name, namespace).some((host) => names.has(host) || (owners.get(host) ?? namespace) !== namespace);
    if (kind === "DestinationRule") {
      const host = textAt(specOf(raw).host) ?? "";
      return !isOthers(host) && hostsMeant(host, namespace).some((one) => owners.has(one));
    }
    if (!ROUTERS.has(kind)) return true;
    const hosts = hostsOf(raw);
    return (
      !hosts.some((host) => host.includes("*") || isTaken(host)) && ![...hosts, ...targets(specOf(raw))].some(isOthers)
    );
  });
}

/** Hosts that the resource makes services of. */
function serviceHosts(raw: RawResource): readonly string[] {
  if (kindOf(raw) === "ServiceEntry") return hostsOf(raw);
  return kindOf(raw) === "Service" ? [`${nameOf(raw)}.${namespaceOf(raw)}.svc.cluster.local`] : [];
}

function hostsOf(raw: RawResource): readonly string[] {
  return textsAt(specOf(raw).hosts);
}

/** A listener that only observes has one destination: there is no room for another one beside it. */
function observedPort(raw: RawResource): readonly unknown[] {
  const { mode, port } = specOf(raw);
  return kindOf(raw) === "ListenerPolicy" && mode === "OBSERVE" ? [port] : [];
}

/** Of a ServiceEntry `number`, of a Service `port`. */
function servicePorts(raw: RawResource): readonly unknown[] {
  return listAt(specOf(raw).ports).map((port) => mapAt(port).number ?? mapAt(port).port);
}

/** Hosts of a cluster belong to its namespaces, and a name without a dot to whoever completes it. */
function isLocal(host: string, raw: RawResource): boolean {
  const namespace = clusterNamespace(host);
  return namespace === undefined ? host.includes(".") : namespace === namespaceOf(raw);
}

/** `reviews.prod.svc.cluster.local` is of prod. */
function clusterNamespace(host: string): string | undefined {
  return host.match(/^[^.]+\.([^.]+)\.svc\.cluster\.local$/)?.[1];
}

/** Every `host` that routes name, however deep. */
function targets(value: unknown): readonly string[] {
  if (Array.isArray(value)) return listAt(value).flatMap(targets);
  return Object.entries(mapAt(value)).flatMap(([field, inner]) => {
    const host = field === "host" ? textAt(inner) : undefined;
    return host === undefined ? targets(inner) : [host];
  });
}
