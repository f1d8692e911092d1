import type { RawResource } from "../source/source.js";

type Document = Readonly<Record<string, unknown>>;

/**
 * Of Istio's own resources that part alone which routes need, where the Envoys are Istio's: istiod acts upon all the rest, as it always did,
 * and what Meltemi itself cannot do is no fault there. Undefined: nothing of it is needed.
 */
export function istiosPart(raw: RawResource): RawResource | undefined {
  const { kind, spec } = raw.document;
  // What is no map is for the schema to say.
  if (typeof spec !== "object" || spec === null) return raw;
  switch (kind) {
    case "DestinationRule":
      return withSpec(raw, destinationRule(spec as Document));
    case "ServiceEntry":
      return withSpec(raw, serviceEntry(spec as Document));
    case "WorkloadEntry":
      return withSpec(raw, workload(spec as Document));
    default:
      return raw;
  }
}

function withSpec(raw: RawResource, spec: Document | undefined): RawResource | undefined {
  return spec && { ...raw, document: { ...raw.document, spec }, locate: (path) => raw.locate(path) };
}

/** Its subsets. One for several hosts has none. */
function destinationRule({ trafficPolicy: _, workloadSelector: __, ...spec }: Document): Document | undefined {
  if (String(spec.host).includes("*")) return undefined;
  if (!Array.isArray(spec.subsets)) return spec;
  return { ...spec, subsets: (spec.subsets as readonly Document[]).map(({ trafficPolicy: _, ...subset }) => subset) };
}

/** Its names, addresses and ports. How hosts are resolved says nothing here. */
function serviceEntry({ subjectAltNames: _, ...spec }: Document): Document | undefined {
  if (!Array.isArray(spec.hosts)) return spec;
  const hosts = spec.hosts.filter((host) => !String(host).includes("*"));
  if (hosts.length === 0) return undefined;
  const resolution = spec.resolution === "STATIC" ? "STATIC" : "DNS";
  if (!Array.isArray(spec.endpoints)) return { ...spec, hosts, resolution };
  const endpoints = (spec.endpoints as readonly Document[]).flatMap((endpoint) => workload(endpoint) ?? []);
  return { ...spec, hosts, resolution, endpoints };
}

/** istiod knows how other networks are reached. No client dials a Unix domain socket. */
function workload({ network: _, ...spec }: Document): Document | undefined {
  return String(spec.address).startsWith("unix:") ? undefined : spec;
}
