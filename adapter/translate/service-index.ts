import type { Endpoint, ServicePort } from "../model/model.js";
import type { SubsetSpec } from "../resource/destination-rule.js";
import { suggestion } from "../resource/near.js";
import type { DestinationRule, KubernetesService, ServiceEntry } from "../resource/resource.js";

/** A service while it is put together. */
export interface ServiceDraft {
  readonly host: string;
  /** What it was made of. */
  readonly by: ServiceEntry | KubernetesService;
  /** All names of the service, `host` among them. */
  readonly hosts: readonly string[];
  /** What it is called in messages, where that is told apart. */
  readonly interface?: string | undefined;
  readonly addresses: readonly string[];
  readonly resolution: "STATIC" | "DNS";
  /** With the protocol that the port itself says. */
  readonly ports: readonly ServicePort[];
  readonly endpoints: readonly Endpoint[];
  /** Of workloads that are none, since they are not ready. */
  readonly unreadyPorts?: readonly Readonly<Record<string, number>>[];
}

/** The services that there are, to be found by the names that resources call them. */
export class ServiceIndex {
  readonly #drafts: ReadonlyMap<string, ServiceDraft>;
  readonly #rules: ReadonlyMap<string, DestinationRule>;

  constructor(drafts: ReadonlyMap<string, ServiceDraft>, rules: ReadonlyMap<string, DestinationRule> = new Map()) {
    this.#drafts = drafts;
    this.#rules = rules;
  }

  withRules(rules: ReadonlyMap<string, DestinationRule>): ServiceIndex {
    return new ServiceIndex(this.#drafts, rules);
  }

  get hosts(): readonly string[] {
    return [...this.#drafts.keys()];
  }

  get all(): Iterable<ServiceDraft> {
    return this.#drafts.values();
  }

  get(host: string): ServiceDraft | undefined {
    return this.#drafts.get(host);
  }

  rule(host: string): DestinationRule | undefined {
    return this.#rules.get(host);
  }

  subset(host: string, name: string | undefined): SubsetSpec | undefined {
    return name === undefined ? undefined : this.rule(host)?.spec.subsets.find((subset) => subset.name === name);
  }

  /** Why the host has no subset of this name; undefined where it has. */
  lacksSubset(host: string, name: string): string | undefined {
    if (this.subset(host, name) !== undefined) return undefined;
    const rule = this.rule(host);
    const names = rule?.spec.subsets.map((subset) => subset.name) ?? [];
    const why = rule === undefined ? "; it has no DestinationRule" : suggestion(name, names);
    return `${host} has no subset ${name}${why}`;
  }

  /** By its host, or by a Kubernetes name as it is completed within a namespace: `reviews`, `reviews.prod`, `reviews.prod.svc`. */
  resolve(name: string, namespace: string): ServiceDraft | undefined {
    for (const host of hostsMeant(name, namespace)) {
      const draft = this.#drafts.get(host);
      if (draft !== undefined) return draft;
    }
    return undefined;
  }
}

/** The hosts that a resource of the namespace may mean by a name, in this order. */
export function hostsMeant(name: string, namespace: string): readonly string[] {
  const completions = ["", `.${namespace}.svc.cluster.local`, ".svc.cluster.local", ".cluster.local"];
  return completions.map((completion) => name + completion);
}

/** `9080 (dubbo), 9090 (http)` */
export function describePorts(service: ServiceDraft): string {
  return service.ports.map(({ number, name }) => `${number} (${name})`).join(", ");
}
