import type { Locality } from "../model/model.js";

/** An Istio WorkloadEntry, or an endpoint of a ServiceEntry. */
export interface WorkloadEntrySpec {
  readonly address: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly locality: Locality;
  readonly weight: number;
}

interface WrittenWorkload {
  readonly address: string;
  readonly ports?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly locality?: string;
  readonly weight?: number;
}

export function parseWorkloadEntry(spec: unknown): WorkloadEntrySpec {
  const { address, ports = {}, labels = {}, locality = "", weight = 1 } = spec as WrittenWorkload;
  const [region = "", zone = "", subZone = ""] = locality.split("/");
  return { address, ports, labels, locality: { region, zone, subZone }, weight };
}
