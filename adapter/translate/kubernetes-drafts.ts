import type { Endpoint } from "../model/model.js";
import type { EndpointSlice, KubernetesService, Pod } from "../resource/resource.js";
import { type ProtocolNames, portProtocol } from "./port-protocol.js";
import type { ServiceDraft } from "./service-index.js";

/** Kubernetes' Services with the endpoints that their slices name, and the labels of the Pods behind them. */
export function kubernetesDrafts(
  services: readonly KubernetesService[],
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
  names: ProtocolNames,
): readonly ServiceDraft[] {
  if (services.length === 0) return [];
  const slicesOf = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    if (slice.spec.service === undefined) continue;
    const key = `${slice.namespace}/${slice.spec.service}`;
    const known = slicesOf.get(key);
    if (known === undefined) slicesOf.set(key, [slice]);
    else known.push(slice);
  }
  const podsByName = new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  return services.map((service) => {
    const { namespace, name } = service;
    const labelsOf = (pod: string) => podsByName.get(`${namespace}/${pod}`)?.spec.labels ?? {};
    return new KubernetesDraft(service, slicesOf.get(`${namespace}/${name}`) ?? [], labelsOf, names);
  });
}

/** Its endpoints are put together when they are asked for: most of a cluster's Services speak nothing of ours. */
class KubernetesDraft implements ServiceDraft {
  readonly host: string;
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly resolution = "STATIC";
  readonly ports: ServiceDraft["ports"];
  #endpoints: readonly Endpoint[] | undefined;

  constructor(
    readonly by: KubernetesService,
    private readonly slices: readonly EndpointSlice[],
    private readonly labelsOf: (pod: string) => Readonly<Record<string, string>>,
    names: ProtocolNames,
  ) {
    const { name, namespace, spec } = by;
    this.host = `${name}.${namespace}.svc.cluster.local`;
    this.hosts = [this.host];
    this.addresses = spec.addresses;
    this.ports = spec.ports.map(({ number, name: portName, appProtocol }) => ({
      number,
      name: portName,
      protocol: portProtocol({ name: portName, protocol: appProtocol }, names),
    }));
  }

  get endpoints(): readonly Endpoint[] {
    this.#endpoints ??= this.#collect();
    return this.#endpoints;
  }

  get unreadyPorts(): readonly Readonly<Record<string, number>>[] {
    const unready = this.slices.filter(({ spec }) => spec.endpoints.some(({ state }) => state !== "ready"));
    return [
      ...new Map(
        unready.map(({ spec }) => this.#portsOf(spec.ports)).map((ports) => [JSON.stringify(ports), ports]),
      ).values(),
    ];
  }

  /**
   * Those that are ready; if none is, those that still answer though they are about to end, as kube-proxy has it. A Pod with addresses of
   * both families is one endpoint, the Service's first family in front.
   */
  #collect(): readonly Endpoint[] {
    const first = this.addresses[0]?.includes(":") ? "IPv6" : "IPv4";
    const ordered = this.slices
      .filter(({ spec }) => spec.addressType !== "FQDN")
      .toSorted((a, b) => Number(b.spec.addressType === first) - Number(a.spec.addressType === first));
    const anyReady = ordered.some(({ spec }) => spec.endpoints.some(({ state }) => state === "ready"));
    const found = new Map<string, Endpoint>();
    for (const { spec } of ordered) {
      for (const { addresses, state, pod, zone } of spec.endpoints) {
        const [address] = addresses;
        if (address === undefined || state !== (anyReady ? "ready" : "ending")) continue;
        const key = pod ?? address;
        const known = found.get(key);
        found.set(key, {
          addresses: [...new Set([...(known?.addresses ?? []), address])],
          ports: { ...this.#portsOf(spec.ports), ...known?.ports },
          labels: pod === undefined ? {} : this.labelsOf(pod),
          locality: { region: "", zone, subZone: "" },
          weight: 1,
        });
      }
    }
    return [...found.values()];
  }

  /** Endpoints of one Service may have different ports: a slice has those that have the same. */
  #portsOf(ports: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    return Object.fromEntries(this.ports.map(({ name }) => [name, ports[name] ?? 0]));
  }
}
