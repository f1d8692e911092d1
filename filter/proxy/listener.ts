import { Protocol } from "../codec/codec";
import { ReplyCode } from "../codec/reply";
import { addToMetric, defineMetric, MetricType } from "../host/metric";
import { writeAscii } from "../memory/ascii";
import { intern, Name, nameBytes, release } from "../memory/name";
import { freeTable, Table } from "../route/table";
import { closeReasonLabel, replyCodeLabel, writeLabelValue } from "./label";
import { Mode } from "./mode";

/**
 * A listener of this VM. It outlives root contexts: each new configuration brings a root context of its own, while the
 * connections of older ones go on and shall follow the new table.
 */
@unmanaged
export class Listener {
  next: Listener | null;
  name: Name;
  protocol: Protocol;
  mode: Mode;
  /** The table in force; null until a first valid one came. */
  table: Table | null;
  /** Root contexts and connections that refer to it. */
  references: u32;
  /** The host's id of `meltemi_connections_total`. */
  connections: u32;
}

let first: Listener | null = null;

/**
 * The listener of this name, protocol and mode, with one reference more; made if there is none. Of one that changes its mode the former
 * self, which Envoy drains, goes on beside it.
 */
export function openListener(name: usize, length: u32, protocol: Protocol, mode: Mode): Listener {
  const key = intern(name, length);
  let listener = first;
  while (listener) {
    if (listener.name == key && listener.protocol == protocol && listener.mode == mode) {
      release(key);
      listener.references++;
      return listener;
    }
    listener = listener.next;
  }
  const fresh = changetype<Listener>(heap.alloc(offsetof<Listener>()));
  memory.fill(changetype<usize>(fresh), 0, offsetof<Listener>());
  fresh.name = key;
  fresh.protocol = protocol;
  fresh.mode = mode;
  fresh.references = 1;
  fresh.next = first;
  first = fresh;
  const end = beginName("meltemi_connections_total", fresh);
  fresh.connections = defineMetric(MetricType.COUNTER, nameText, <u32>(end - nameText));
  return fresh;
}

/** Gives a reference back; the last one frees the listener with its table. */
export function closeListener(listener: Listener): void {
  if (--listener.references > 0) return;
  if (first == listener) first = listener.next;
  else {
    let before = first;
    while (before && before.next != listener) before = before.next;
    if (before) before.next = listener.next;
  }
  const table = listener.table;
  if (table) freeTable(table);
  release(listener.name);
  heap.free(changetype<usize>(listener));
}

/** Longest listener name that is told in metrics. */
const MAX_NAME_BYTES: u32 = 256;
const nameText: usize = memory.data(1024);

function beginName(metric: string, listener: Listener): usize {
  const out = writeAscii(writeAscii(nameText, metric), ";listener=");
  return writeLabelValue(out, nameBytes(listener.name), min<u32>(listener.name.length, MAX_NAME_BYTES));
}

/** The host's id of `meltemi_connections_routed_total` for these. */
export function defineRouted(listener: Listener, service: Name, cluster: Name): u32 {
  let out = writeAscii(beginName("meltemi_connections_routed_total", listener), ";service=");
  out = writeLabelValue(out, nameBytes(service), min<u32>(service.length, MAX_NAME_BYTES));
  out = writeAscii(out, ";cluster=");
  out = writeLabelValue(out, nameBytes(cluster), min<u32>(cluster.length, MAX_NAME_BYTES));
  return defineMetric(MetricType.COUNTER, nameText, <u32>(out - nameText));
}

/** These are rare, so the host is asked for the metric each time: it knows the same name as the same metric. */
function count(end: usize): void {
  addToMetric(defineMetric(MetricType.COUNTER, nameText, <u32>(end - nameText)), 1);
}

export function countClosed(listener: Listener, reason: i32): void {
  const out = writeAscii(beginName("meltemi_connections_closed_total", listener), ";reason=");
  count(writeAscii(out, closeReasonLabel(reason)));
}

export function countReply(listener: Listener, code: ReplyCode): void {
  const out = writeAscii(beginName("meltemi_replies_total", listener), ";code=");
  count(writeAscii(out, replyCodeLabel(code)));
}

export function countConfigUpdate(listener: Listener, accepted: bool): void {
  const out = writeAscii(beginName("meltemi_config_updates_total", listener), ";result=");
  count(writeAscii(out, accepted ? "accepted" : "rejected"));
}
