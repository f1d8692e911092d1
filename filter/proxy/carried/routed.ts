import { addToMetric, defineMetric, MetricType } from "../../host/metric";
import { Name, release, retain } from "../../memory/name";
import { writeName, writeNameLabel } from "../label";
import { Listener } from "../listener";

/**
 * `meltemi_connections_routed_total`, for clients that open a connection for each call: the metrics that were counted last are
 * remembered, at most one for each slot.
 */
@unmanaged
class Slot {
  listener: Name | null;
  service: Name | null;
  cluster: Name | null;
  metric: u32;
}

const nameText: usize = memory.data(1024);
const SLOTS: u32 = 256;
const slots: usize = memory.data(256 * 16);

export function countRouted(listener: Listener, service: Name, cluster: Name): void {
  const hash = (service.hash * 31) ^ (cluster.hash * 17) ^ listener.name.hash;
  const slot = changetype<Slot>(slots + <usize>((hash ^ (hash >> 16)) & (SLOTS - 1)) * offsetof<Slot>());
  if (slot.listener != listener.name || slot.service != service || slot.cluster != cluster) {
    if (slot.metric) forget(slot);
    slot.listener = retain(listener.name);
    slot.service = retain(service);
    slot.cluster = retain(cluster);
    slot.metric = define(listener, service, cluster);
  }
  addToMetric(slot.metric, 1);
}

function define(listener: Listener, service: Name, cluster: Name): u32 {
  let out = writeName(nameText, "meltemi_connections_routed_total", listener.name);
  out = writeNameLabel(writeNameLabel(out, ";service=", service), ";cluster=", cluster);
  return defineMetric(MetricType.COUNTER, nameText, <u32>(out - nameText));
}

function forget(slot: Slot): void {
  release(slot.listener!);
  release(slot.service!);
  release(slot.cluster!);
}
