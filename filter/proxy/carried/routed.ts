import { addToMetric } from "../../host/metric";
import { Name, release, retain } from "../../memory/name";
import { defineRouted, Listener } from "../listener";

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
    slot.metric = defineRouted(listener, service, cluster);
  }
  addToMetric(slot.metric, 1);
}

function forget(slot: Slot): void {
  release(slot.listener!);
  release(slot.service!);
  release(slot.cluster!);
}
