import { MetricType } from "./abi.js";

interface Metric {
  name: string;
  type: number;
  value: bigint;
  samples: bigint[];
}

/** Envoy's store of custom metrics. It outlives the VM, and a name defined twice is one metric. */
export class Metrics {
  private readonly byId: Metric[] = [];
  /** For each type, ids by name. */
  private readonly ids: ReadonlyArray<Map<string, number>> = [new Map(), new Map(), new Map()];

  define(type: number, name: string): number {
    const ids = this.ids[type];
    if (!ids) throw new Error(`the filter defines ${name} with type ${type}`);
    const known = ids.get(name);
    if (known !== undefined) return known;
    ids.set(name, this.byId.length);
    return this.byId.push({ name, type, value: 0n, samples: [] }) - 1;
  }

  increment(id: number, offset: bigint): boolean {
    const metric = this.byId[id];
    if (!metric || metric.type === MetricType.HISTOGRAM || (metric.type === MetricType.COUNTER && offset < 0n))
      return false;
    metric.value += offset;
    return true;
  }

  record(id: number, value: bigint): boolean {
    const metric = this.byId[id];
    if (!metric || metric.type === MetricType.COUNTER) return false;
    if (metric.type === MetricType.GAUGE) metric.value = value;
    else metric.samples.push(value);
    return true;
  }

  get(id: number): bigint | undefined {
    return this.byId[id]?.value;
  }

  names(): string[] {
    return this.byId.map((metric) => metric.name);
  }

  /** Value of the counter or gauge called `name`; 0 for one that was never defined, as an untouched counter reads. */
  value(name: string): number {
    const id = this.ids[MetricType.COUNTER]?.get(name) ?? this.ids[MetricType.GAUGE]?.get(name);
    return Number(id === undefined ? 0n : (this.byId[id]?.value ?? 0n));
  }

  samples(name: string): number[] {
    const histogram = this.byId.find((metric) => metric.name === name && metric.type === MetricType.HISTOGRAM);
    return (histogram?.samples ?? []).map(Number);
  }

  /** Forgets all samples, so that long runs do not fill the test's memory. */
  clearSamples(): void {
    for (const metric of this.byId) metric.samples.length = 0;
  }
}
