import type { RawResource } from "../source/source.js";
import type { TenantLimits } from "./limits.js";
import { kindOf, listAt, mapAt, specOf, textsAt } from "./written.js";

/** Their number is that of the workloads. */
const NOT_WRITTEN = new Set(["Pod", "EndpointSlice"]);

/** Of a namespace's resources, in their order, those that there is no room for, and why. Something smaller that comes later may fit. */
export function beyondLimits(raws: readonly RawResource[], limits: TenantLimits): ReadonlyMap<RawResource, string> {
  const beyond = new Map<RawResource, string>();
  const used = { resources: 0, hosts: 0, routes: 0 };
  const ports = new Set<number>();
  for (const raw of raws) {
    if (NOT_WRITTEN.has(kindOf(raw))) continue;
    const wanted = demand(raw);
    const fresh = wanted.ports.filter((port) => !ports.has(port));
    const over = (["resources", "hosts", "routes"] as const).find((what) => used[what] + wanted[what] > limits[what]);
    const what = over ?? (ports.size + fresh.length > limits.ports ? "ports" : undefined);
    if (what !== undefined) {
      beyond.set(raw, `its namespace may have ${limits[what]} ${what}, and what comes before it leaves no room for it`);
      continue;
    }
    used.resources += wanted.resources;
    used.hosts += wanted.hosts;
    used.routes += wanted.routes;
    for (const port of fresh) ports.add(port);
  }
  return beyond;
}

interface Demand {
  readonly resources: number;
  readonly hosts: number;
  readonly routes: number;
  readonly ports: readonly number[];
}

function demand(raw: RawResource): Demand {
  const spec = specOf(raw);
  const lists = [spec.routes, spec.http, spec.tcp, spec.tls, spec.rules].map(listAt);
  const ports = [...listAt(spec.ports), ...listAt(spec.servers), ...listAt(spec.listeners)].flatMap(portIn);
  const hosts = textsAt(spec.hosts).length + textsAt(spec.hostnames).length;
  return {
    resources: 1,
    hosts: kindOf(raw) === "Service" ? 1 : hosts,
    routes: kindOf(raw) === "AuthorizationPolicy" ? 0 : lists.reduce((sum, list) => sum + list.length, 0),
    ports: [...new Set([...ports, ...portIn({ number: spec.port })])],
  };
}

/** Of a ServiceEntry `number`, of a Service or a listener `port`, of a Gateway `port.number`. */
function portIn(value: unknown): readonly number[] {
  const { number, port } = mapAt(value);
  const found = [number, port, mapAt(port).number].find((one) => typeof one === "number");
  return found === undefined ? [] : [found as number];
}
