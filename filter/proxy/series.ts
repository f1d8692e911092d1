import { message, Notes } from "../codec/message";
import { addToMetric, defineMetric, MetricType, recordMetric } from "../host/metric";
import { asciiOf, writeAscii, writeSigned } from "../memory/ascii";
import { equalBytes, hashBytes } from "../memory/bytes";
import { MAX_SERIES, MAX_STATUSES_PER_SERIES, SAMPLES_PER_FLUSH } from "../memory/limits";
import { intern, Name, nameBytes, retain } from "../memory/name";
import { writeLabelValue } from "./label";
import { Listener } from "./listener";

/**
 * The time series of one (listener, service, method, cluster), with its statuses. Counts are kept here and go to the host
 * once a second; durations go at once, because a histogram takes one value a call (see `takesSample`).
 *
 * Series are never freed, as Envoy never frees a stat. Their number is bounded: method names come from the wire.
 */
@unmanaged
export class Series {
  nextInBucket: Series | null;
  next: Series | null;
  hash: u32;
  listener: Name;
  service: Name;
  method: Name;
  cluster: Name;
  /** Calls since counts went to the host, the calls to come that are not measured, and how many that are after each that is. */
  callsSinceFlush: u32;
  callsToSample: u32;
  unsampled: u32;
  statusCount: u32;
  /** [ status u32 | counter u32 | histogram u32 | count not yet told u32 ] */
  statuses: usize;
}

const STATUS_ENTRY_BYTES: usize = 16;
const BUCKETS: u32 = 4096;
const buckets: usize = memory.data(4096 * 4);
let all: Series | null = null;
let seriesCount: u32 = 0;

const MAX_METHOD_BYTES: u32 = 128;
const MAX_LABEL_BYTES: u32 = 256;
const nameText: usize = memory.data(1280);
const other: usize = asciiOf("other");
const OTHER_BYTES: u32 = 5;

/**
 * The statuses that no protocol has, which are the least of signed numbers: a call that wants no answer, those beyond MAX_STATUSES_PER_SERIES, and a call whose connection
 * ended without one (mode `observe`).
 */
export const STATUS_ONE_WAY: u32 = 0x8000_0000;
const STATUS_OTHER: u32 = 0x8000_0001;
export const STATUS_UNANSWERED: u32 = 0x8000_0002;

/** The series of the call in `message`; noted for calls that the codec knows again. */
export function seriesOfMessage(listener: Listener, service: Name, cluster: Name): Series {
  const notes = message.notes;
  if (!notes) return seriesOf(listener, service, message.method, message.methodBytes, cluster);
  const note = changetype<usize>(notes) + offsetof<Notes>("series0") + ((<usize>(cluster.hash & 3)) << 2);
  const noted = changetype<Series | null>(<usize>load<u32>(note));
  if (noted && noted.cluster == cluster && noted.service == service && noted.listener == listener.name) return noted;
  const series = seriesOf(listener, service, message.method, message.methodBytes, cluster);
  store<u32>(note, <u32>changetype<usize>(series));
  return series;
}

/** The series of a call. Beyond MAX_SERIES methods that are new count as method "other". */
export function seriesOf(listener: Listener, service: Name, method: usize, methodBytes: u32, cluster: Name): Series {
  methodBytes = min<u32>(methodBytes, MAX_METHOD_BYTES);
  const hash = (hashBytes(method, methodBytes) ^ (service.hash * 31) ^ (cluster.hash * 17)) + listener.name.hash;
  const bucket = buckets + ((<usize>(hash & (BUCKETS - 1))) << 2);
  let series = changetype<Series | null>(<usize>load<u32>(bucket));
  while (series) {
    if (
      series.hash == hash &&
      series.cluster == cluster &&
      series.service == service &&
      series.listener == listener.name &&
      series.method.length == methodBytes &&
      equalBytes(nameBytes(series.method), method, methodBytes)
    ) {
      return series;
    }
    series = series.nextInBucket;
  }
  if (seriesCount >= MAX_SERIES && method != other) return seriesOf(listener, service, other, OTHER_BYTES, cluster);
  return newSeries(listener, service, intern(method, methodBytes), cluster, hash, bucket);
}

function newSeries(listener: Listener, service: Name, method: Name, cluster: Name, hash: u32, bucket: usize): Series {
  const series = changetype<Series>(heap.alloc(offsetof<Series>()));
  series.hash = hash;
  series.listener = retain(listener.name);
  series.service = retain(service);
  series.method = method;
  series.cluster = retain(cluster);
  series.callsSinceFlush = 0;
  series.callsToSample = 0;
  series.unsampled = 0;
  series.statusCount = 0;
  series.statuses = heap.alloc(STATUS_ENTRY_BYTES);
  series.nextInBucket = changetype<Series | null>(<usize>load<u32>(bucket));
  store<u32>(bucket, <u32>changetype<usize>(series));
  series.next = all;
  all = series;
  seriesCount++;
  return series;
}

/** Counts a call that ended with `status`, or was sent on without one. */
export function countCall(series: Series, status: u32): usize {
  let entry = series.statuses;
  for (let i: u32 = 0; i < series.statusCount; i++, entry += STATUS_ENTRY_BYTES) {
    if (load<u32>(entry) == status) {
      store<u32>(entry, load<u32>(entry, 12) + 1, 12);
      return entry;
    }
  }
  entry = addStatus(series, series.statusCount < MAX_STATUSES_PER_SERIES ? status : STATUS_OTHER);
  store<u32>(entry, load<u32>(entry, 12) + 1, 12);
  return entry;
}

/**
 * Whether the duration of the series' next call is measured: of all of them while they are few, of each n-th while they are many. What
 * that takes (the clock twice, a value told) is more than all else that the filter does for a call.
 */
export function takesSample(series: Series): bool {
  series.callsSinceFlush++;
  if (series.callsToSample) {
    series.callsToSample--;
    return false;
  }
  series.callsToSample = series.unsampled;
  return true;
}

/** Tells the host how long a call took that `countCall` has just counted in `entry`. */
export function tellDuration(entry: usize, duration_us: u64): void {
  recordMetric(load<u32>(entry, 8), duration_us);
}

function addStatus(series: Series, status: u32): usize {
  const size = <usize>series.statusCount * STATUS_ENTRY_BYTES;
  if (series.statusCount > MAX_STATUSES_PER_SERIES) return series.statuses + size - STATUS_ENTRY_BYTES;
  const grown = heap.alloc(size + STATUS_ENTRY_BYTES);
  memory.copy(grown, series.statuses, size);
  heap.free(series.statuses);
  series.statuses = grown;
  series.statusCount++;
  const entry = grown + size;
  store<u32>(entry, status);
  store<u32>(entry, define(MetricType.COUNTER, "meltemi_requests_total", series, status), 4);
  const histogram =
    status == STATUS_ONE_WAY || status == STATUS_UNANSWERED
      ? 0
      : define(MetricType.HISTOGRAM, "meltemi_request_duration_microseconds", series, status);
  store<u32>(entry, histogram, 8);
  store<u32>(entry, 0, 12);
  return entry;
}

function define(type: MetricType, metric: string, series: Series, status: u32): u32 {
  let out = writeAscii(nameText, metric);
  out = writeLabel(out, ";listener=", series.listener);
  out = writeLabel(out, ";service=", series.service);
  out = writeLabel(out, ";method=", series.method);
  out = writeLabel(out, ";cluster=", series.cluster);
  out = writeAscii(out, ";status=");
  if (status == STATUS_ONE_WAY) out = writeAscii(out, "oneway");
  else if (status == STATUS_UNANSWERED) out = writeAscii(out, "unanswered");
  else if (status == STATUS_OTHER) out = writeAscii(out, "other");
  else out = writeSigned(out, <i32>status);
  return defineMetric(type, nameText, <u32>(out - nameText));
}

function writeLabel(out: usize, key: string, value: Name): usize {
  return writeLabelValue(writeAscii(out, key), nameBytes(value), min<u32>(value.length, MAX_LABEL_BYTES));
}

/** Tells the host what was counted since the last time. */
export function flushSeries(): void {
  let series = all;
  while (series) {
    // An even number, so that one of an odd number is measured: it is not always the same place in batches of a power of two.
    series.unsampled = (series.callsSinceFlush / SAMPLES_PER_FLUSH) & ~1;
    series.callsToSample = min(series.callsToSample, series.unsampled);
    series.callsSinceFlush = 0;
    let entry = series.statuses;
    for (let i: u32 = 0; i < series.statusCount; i++, entry += STATUS_ENTRY_BYTES) {
      const count = load<u32>(entry, 12);
      if (!count) continue;
      addToMetric(load<u32>(entry, 4), count);
      store<u32>(entry, 0, 12);
    }
    series = series.next;
  }
}
