import { GATEWAY_API_GROUP } from "../resource/gateway-api/references.js";
import { groupAndVersion, ISTIO_GROUP } from "../resource/kinds.js";
import type { RawResource } from "../source/source.js";

type Document = Readonly<Record<string, unknown>>;

/**
 * Of Istio's own resources that part alone which routes need, where the Envoys are Istio's: istiod acts upon all the rest, as it always did,
 * and what Meltemi itself cannot do is no fault there. Undefined: nothing of it is needed.
 */
export function istiosPart(raw: RawResource): RawResource | undefined {
  const { apiVersion, kind, spec } = raw.document;
  // istiod has gateways of this API as well, with their routes.
  if (String(apiVersion).startsWith(`${GATEWAY_API_GROUP}/`)) return undefined;
  // What is no map is for the schema to say.
  if (typeof spec !== "object" || spec === null) return raw;
  switch (kind) {
    case "DestinationRule":
      return withSpec(raw, destinationRule(spec as Document));
    case "ServiceEntry":
      return withSpec(raw, serviceEntry(spec as Document));
    case "WorkloadEntry":
      return withSpec(raw, workload(spec as Document));
    case "VirtualService":
      return groupAndVersion(String(apiVersion))[0] === ISTIO_GROUP ? undefined : raw;
    case "Gateway":
      return withSpec(raw, gateway(spec as Document));
    default:
      return raw;
  }
}

function withSpec(raw: RawResource, spec: Document | undefined): RawResource | undefined {
  return spec && { ...raw, document: { ...raw.document, spec }, locate: (path) => raw.locate(path) };
}

/** Its subsets, and what their hosts are picked by. One for several hosts has none. */
function destinationRule({ trafficPolicy, workloadSelector: _, ...spec }: Document): Document | undefined {
  if (String(spec.host).includes("*")) return undefined;
  const rule = { ...spec, ...hashOf(trafficPolicy) };
  if (!Array.isArray(spec.subsets)) return rule;
  const subsets = (spec.subsets as readonly Document[]).map(({ trafficPolicy, ...subset }) => ({
    ...subset,
    ...hashOf(trafficPolicy),
  }));
  return { ...rule, subsets };
}

/** The filter has to know by which value istiod's cluster picks the host, since it is the one that tells it. */
function hashOf(trafficPolicy: unknown): { readonly trafficPolicy?: Document } {
  if (typeof trafficPolicy !== "object" || trafficPolicy === null) return {};
  const { portLevelSettings, ...settings } = trafficPolicy as Document;
  const ports = (Array.isArray(portLevelSettings) ? portLevelSettings : []) as readonly Document[];
  const policy = {
    ...hashIn(settings),
    // Settings of a port stand in place of all others, also where they have no hash.
    ...(ports.length > 0 && { portLevelSettings: ports.map(({ port, ...own }) => ({ port, ...hashIn(own) })) }),
  };
  return Object.keys(policy).length > 0 ? { trafficPolicy: policy } : {};
}

function hashIn({ loadBalancer }: Document): { readonly loadBalancer?: Document } {
  const { httpHeaderName } = (loadBalancer as { consistentHash?: Document } | undefined)?.consistentHash ?? {};
  if (typeof httpHeaderName !== "string" || httpHeaderName === "") return {};
  return { loadBalancer: { consistentHash: { httpHeaderName } } };
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

/** Words of Istio's own for what ports speak. */
const ISTIOS_PROTOCOLS: readonly unknown[] = ["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTPS", "MONGO", "TCP", "TLS"];

/** Its ports, what they speak by Meltemi's words and by their names, and whether TLS passes. Which Envoys have them, istiod knows. */
function gateway({ servers }: Document): Document | undefined {
  if (!Array.isArray(servers) || servers.length === 0) return undefined;
  return {
    servers: (servers as readonly Document[]).map(({ port, tls }) => {
      const { mode } = (tls ?? {}) as Document;
      const isPassedThrough = mode === "PASSTHROUGH" || mode === "AUTO_PASSTHROUGH";
      return {
        port: portOf(port, isPassedThrough),
        hosts: ["*"],
        ...(isPassedThrough && { tls: { mode: "PASSTHROUGH" } }),
      };
    }),
  };
}

function portOf(port: unknown, isPassedThrough: boolean): unknown {
  if (typeof port !== "object" || port === null) return port;
  const { number, protocol, name } = port as Document;
  const own = ISTIOS_PROTOCOLS.includes(String(protocol).toUpperCase()) ? undefined : protocol;
  return { number, protocol: own ?? (isPassedThrough ? "TLS" : "TCP"), ...(name !== undefined && { name }) };
}

/** istiod knows how other networks are reached. No client dials a Unix domain socket. */
function workload({ network: _, ...spec }: Document): Document | undefined {
  return String(spec.address).startsWith("unix:") ? undefined : spec;
}
