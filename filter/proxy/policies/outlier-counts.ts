import { addToMetric, defineMetric, MetricType } from "../../host/metric";
import { writeAscii } from "../../memory/ascii";
import { Name } from "../../memory/name";
import { writeNameLabel } from "../label";
import { noteTold } from "../ledger";

/** What is counted of a cluster's ejections, told once a second. */
export enum OutlierCount {
  /** Hosts that were ejected, for errors in a row … */
  CONSECUTIVE_ERRORS,
  /** … and for the share of errors; */
  ERROR_PERCENTAGE,
  /** hosts that were not, because too many are; */
  NOT_ENFORCED,
  /** hosts that get calls again; */
  UNEJECTIONS,
  /** tunnels to ejected hosts that are used all the same, because there is no other host. */
  PANICS,
  END,
}

const ENTRY_BYTES: usize = 8;
/** Behind the counts: the gauge's value that was told, and the host's id of it. */
const TOLD: usize = <usize>OutlierCount.END * ENTRY_BYTES;
const COUNTS_BYTES: usize = TOLD + 8;
const nameText: usize = memory.data(640);

/** For each count: [ not yet told u32 | the host's id of the metric, 0 until it is needed u32 ] */
export function newOutlierCounts(): usize {
  const counts = heap.alloc(COUNTS_BYTES);
  memory.fill(counts, 0, COUNTS_BYTES);
  return counts;
}

export function addOutlierCount(counts: usize, which: OutlierCount): void {
  const entry = counts + <usize>which * ENTRY_BYTES;
  store<u32>(entry, load<u32>(entry) + 1);
}

/** `ejected`: how many hosts are now. */
export function tellOutlierCounts(counts: usize, cluster: Name, ejected: u32): void {
  for (let which = 0; which < OutlierCount.END; which++) {
    const entry = counts + <usize>which * ENTRY_BYTES;
    const count = load<u32>(entry);
    if (!count) continue;
    store<u32>(entry, 0);
    if (!load<u32>(entry, 4)) {
      const bytes = <u32>(write(which, cluster) - nameText);
      store<u32>(entry, defineMetric(MetricType.COUNTER, nameText, bytes), 4);
    }
    addToMetric(load<u32>(entry, 4), count);
  }
  const gauge = counts + TOLD;
  const told = load<u32>(gauge);
  if (!ejected && !told) return;
  const bytes = <u32>(
    (writeNameLabel(writeAscii(nameText, "meltemi_outlier_hosts_ejected"), ";cluster=", cluster) - nameText)
  );
  if (!load<u32>(gauge, 4)) store<u32>(gauge, defineMetric(MetricType.GAUGE, nameText, bytes), 4);
  if (ejected != told) addToMetric(load<u32>(gauge, 4), <u64>ejected - <u64>told);
  store<u32>(gauge, ejected);
  noteTold(nameText, bytes, ejected);
}

/** Somebody has taken back what this VM had told: it is to be told again. */
export function forgetEjectedTold(counts: usize): void {
  store<u32>(counts + TOLD, 0);
}

function write(which: i32, cluster: Name): usize {
  switch (which) {
    case OutlierCount.CONSECUTIVE_ERRORS:
      return writeAscii(named("meltemi_outlier_ejections_total", cluster), ";reason=consecutive_errors");
    case OutlierCount.ERROR_PERCENTAGE:
      return writeAscii(named("meltemi_outlier_ejections_total", cluster), ";reason=error_percentage");
    case OutlierCount.NOT_ENFORCED:
      return named("meltemi_outlier_ejections_not_enforced_total", cluster);
    case OutlierCount.UNEJECTIONS:
      return named("meltemi_outlier_unejections_total", cluster);
    default:
      return named("meltemi_outlier_panics_total", cluster);
  }
}

function named(metric: string, cluster: Name): usize {
  return writeNameLabel(writeAscii(nameText, metric), ";cluster=", cluster);
}
