import {
  proxy_define_metric,
  proxy_increment_metric,
  proxy_record_metric,
} from "@solo-io/proxy-runtime/assembly/imports";

/** proxy-wasm's metric types. */
export enum MetricType {
  COUNTER,
  GAUGE,
  HISTOGRAM,
}

const cell: usize = memory.data(8);

/** The host's id of the metric with this name (2 µs); the same name gives the same statistic. 0 if the host refuses. */
export function defineMetric(type: MetricType, name: usize, bytes: u32): u32 {
  return proxy_define_metric(type, name, bytes, cell) == 0 ? load<u32>(cell) : 0;
}

export function addToMetric(id: u32, by: u64): void {
  proxy_increment_metric(id, <i64>by);
}

/** Sets a gauge, adds a value to a histogram. */
export function recordMetric(id: u32, value: u64): void {
  proxy_record_metric(id, value);
}
