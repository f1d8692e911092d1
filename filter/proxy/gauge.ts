import { addToMetric, defineMetric, MetricType } from "../host/metric";
import { writeAscii } from "../memory/ascii";
import { Name } from "../memory/name";
import { writeName } from "./label";
import { noteTold } from "./ledger";

/**
 * What there is of a listener in this VM. All workers share the host's metrics, so each tells by how much its own part has changed,
 * once a second, and the sum is right. What it has told it also notes (`ledger.ts`).
 */
export enum Gauge {
  CONNECTIONS,
  CALLS,
  TUNNELS_OPENING,
  TUNNELS_OPEN,
  /** Takes no new calls, and has some under way. */
  TUNNELS_RETIRING,
  /** Ended by us or refused, and HCM has not ended it yet; or it has, and what it held back is still to be delivered. */
  TUNNELS_CLOSING,
  KEPT_READS,
  KEPT_UNSENT,
  KEPT_ANSWERS,
  KEPT_REPLIES,
  END,
}

const ENTRY_BYTES: usize = 12;
const GAUGES_BYTES: usize = <usize>Gauge.END * ENTRY_BYTES;
const PAGE_BYTES: u64 = 65_536;
const nameText: usize = memory.data(512);

/** Of `meltemi_memory_bytes`: the memory of the whole VM. */
let memoryMetric: u32 = 0;
let memoryTold: u64 = 0;

/** For each gauge: [ now u32 | told u32 | the host's id of the metric, 0 until it is needed u32 ] */
export function newGauges(): usize {
  const gauges = heap.alloc(GAUGES_BYTES);
  memory.fill(gauges, 0, GAUGES_BYTES);
  return gauges;
}

/** All is to be measured anew. */
export function clearGauges(gauges: usize): void {
  for (let which = 0; which < Gauge.END; which++) store<u32>(gauges + <usize>which * ENTRY_BYTES, 0);
}

export function addGauge(gauges: usize, which: Gauge, by: u32): void {
  const entry = gauges + <usize>which * ENTRY_BYTES;
  store<u32>(entry, load<u32>(entry) + by);
}

/** Somebody has taken back what this VM had told: it is to be told again. */
export function forgetTold(gauges: usize): void {
  for (let which = 0; which < Gauge.END; which++) store<u32>(gauges + <usize>which * ENTRY_BYTES, 0, 4);
}

export function forgetMemoryTold(): void {
  memoryTold = 0;
}

/** Tells the host what has changed since the last time. */
export function tellGauges(gauges: usize, listener: Name): void {
  let entry = gauges;
  for (let which = 0; which < Gauge.END; which++, entry += ENTRY_BYTES) {
    const now = load<u32>(entry);
    const told = load<u32>(entry, 4);
    if (!now && !told) continue;
    const bytes = <u32>(writeGauge(which, listener) - nameText);
    if (!load<u32>(entry, 8)) store<u32>(entry, defineMetric(MetricType.GAUGE, nameText, bytes), 8);
    if (now != told) addToMetric(load<u32>(entry, 8), <u64>now - <u64>told);
    store<u32>(entry, now, 4);
    noteTold(nameText, bytes, now);
  }
}

/** `alive`: false when this VM is about to go. */
export function tellMemory(alive: bool): void {
  const bytes = <u32>(writeAscii(nameText, "meltemi_memory_bytes") - nameText);
  if (!memoryMetric) memoryMetric = defineMetric(MetricType.GAUGE, nameText, bytes);
  const now = alive ? <u64>memory.size() * PAGE_BYTES : 0;
  if (now != memoryTold) addToMetric(memoryMetric, now - memoryTold);
  memoryTold = now;
  noteTold(nameText, bytes, now);
}

function writeGauge(which: i32, listener: Name): usize {
  switch (which) {
    case Gauge.CONNECTIONS:
      return writeName(nameText, "meltemi_connections_active", listener);
    case Gauge.CALLS:
      return writeName(nameText, "meltemi_calls_in_flight", listener);
    case Gauge.TUNNELS_OPENING:
      return tunnels(listener, "opening");
    case Gauge.TUNNELS_OPEN:
      return tunnels(listener, "open");
    case Gauge.TUNNELS_RETIRING:
      return tunnels(listener, "retiring");
    case Gauge.TUNNELS_CLOSING:
      return tunnels(listener, "closing");
    case Gauge.KEPT_READS:
      return kept(listener, "read");
    case Gauge.KEPT_UNSENT:
      return kept(listener, "unsent");
    case Gauge.KEPT_ANSWERS:
      return kept(listener, "answer");
    default:
      return kept(listener, "reply");
  }
}

function tunnels(listener: Name, state: string): usize {
  return writeAscii(writeAscii(writeName(nameText, "meltemi_tunnels_active", listener), ";state="), state);
}

function kept(listener: Name, kind: string): usize {
  return writeAscii(writeAscii(writeName(nameText, "meltemi_kept_bytes", listener), ";kind="), kind);
}
