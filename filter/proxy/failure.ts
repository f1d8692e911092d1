import { addToMetric, defineMetric, MetricType } from "../host/metric";
import { asciiOf, writeAscii } from "../memory/ascii";
import { MAX_FAILURE_SERIES } from "../memory/limits";
import { intern, Name, nameBytes, release, retain } from "../memory/name";
import { writeLabelValue, writeNameLabel } from "./label";

/**
 * Failures of upstreams, by cluster, host and reason. As `Series` these are never freed and go to the host once a second; their number
 * is bounded, because hosts come and go.
 */
@unmanaged
class Failure {
  cluster: Name;
  host: Name;
  reason: Name;
  count: u32;
  metric: u32;
}

/** Why an upstream failed where HCM has no response flags for it. */
export enum FailureReason {
  /** It ended a connection with calls in flight, by FIN or by RST. */
  CLOSED,
  RESET,
  /** It ended in the middle of an answer. */
  ANSWER_CUT,
  /** What it sent is not the protocol. */
  BAD_ANSWER,
}

/** Hosts are told apart in the first half, clusters in both; the last ones are for what finds no place. */
const CAPACITY: u32 = 1024; // 2 * MAX_FAILURE_SERIES, and more
const failures: usize = memory.data(1024 * 20);
let count: u32 = 0;
const nameText: usize = memory.data(1024);

const closed: Name = intern(asciiOf("closed"), 6);
const reset: Name = intern(asciiOf("reset"), 5);
const answerCut: Name = intern(asciiOf("answer_cut"), 10);
const badAnswer: Name = intern(asciiOf("bad_answer"), 10);
/** As Envoy writes what it does not know. */
const none: Name = intern(asciiOf("-"), 1);
const other: Name = intern(asciiOf("other"), 5);

export function countFailure(cluster: Name, host: Name | null, reason: FailureReason): void {
  add(cluster, host, nameOf(reason));
}

/** HCM refused a tunnel with these response flags. */
export function countRefusal(cluster: Name, host: Name | null, flags: usize, flagsBytes: u32): void {
  if (!flagsBytes) {
    add(cluster, host, none);
    return;
  }
  const reason = intern(flags, flagsBytes);
  add(cluster, host, reason);
  release(reason);
}

function nameOf(reason: FailureReason): Name {
  switch (reason) {
    case FailureReason.CLOSED:
      return closed;
    case FailureReason.RESET:
      return reset;
    case FailureReason.ANSWER_CUT:
      return answerCut;
    default:
      return badAnswer;
  }
}

function add(cluster: Name, host: Name | null, reason: Name): void {
  let failure = failureOf(cluster, host ? host : none, reason, MAX_FAILURE_SERIES);
  if (!failure) failure = failureOf(cluster, other, reason, 2 * MAX_FAILURE_SERIES);
  if (!failure) failure = failureOf(other, other, other, CAPACITY);
  if (failure) failure.count++;
}

/** The one of these names, made if there are less than `most`. */
function failureOf(cluster: Name, host: Name, reason: Name, most: u32): Failure | null {
  for (let i: u32 = 0; i < count; i++) {
    const failure = at(i);
    if (failure.cluster == cluster && failure.host == host && failure.reason == reason) return failure;
  }
  if (count >= most) return null;
  const fresh = at(count++);
  fresh.cluster = retain(cluster);
  fresh.host = retain(host);
  fresh.reason = retain(reason);
  return fresh;
}

function at(index: u32): Failure {
  return changetype<Failure>(failures + <usize>index * offsetof<Failure>());
}

/** Tells the host what was counted since the last time. */
export function flushFailures(): void {
  for (let i: u32 = 0; i < count; i++) {
    const failure = at(i);
    if (!failure.count) continue;
    if (!failure.metric) failure.metric = define(failure);
    addToMetric(failure.metric, failure.count);
    failure.count = 0;
  }
}

function define(failure: Failure): u32 {
  let out = writeAscii(nameText, "meltemi_upstream_failures_total");
  out = writeNameLabel(out, ";cluster=", failure.cluster);
  out = writeNameLabel(out, ";host=", failure.host);
  out = writeAscii(out, ";reason=");
  out = writeLabelValue(out, nameBytes(failure.reason), failure.reason.length);
  return defineMetric(MetricType.COUNTER, nameText, <u32>(out - nameText));
}
