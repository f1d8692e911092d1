import { addToMetric, defineMetric, MetricType } from "../host/metric";
import { writeAscii } from "../memory/ascii";
import { Name } from "../memory/name";
import { closeReasonLabel, replyCodeLabel, writeName } from "./label";

/**
 * What is counted for a listener besides its calls (`series.ts`): a number in memory for each, of which the host hears once a second.
 * The first are numbered on by the reason that is their label.
 */
export enum Count {
  /** Connections that ended, by CloseReason. */
  CLOSED = 0,
  /** Error replies of the filter's own, by ReplyCode. */
  REPLIED = 96,
  /** One-way calls that went nowhere, by the ReplyCode that a caller would have got. */
  ONE_WAY_DROPPED = 112,

  CONFIG_ACCEPTED = 128,
  CONFIG_REJECTED,
  CONNECTIONS,

  /** Calls that were sent on and have no answer: their client has left, … */
  UNANSWERED_CLIENT_LEFT,
  /** … their connection was closed by somebody else, … */
  UNANSWERED_CLOSED,
  /** … or there were more than MAX_CALLS_PER_CONNECTION. */
  UNANSWERED_FORGOTTEN,
  RESENT,
  UNMATCHED_ANSWERS,

  /** Messages that went nowhere: notices of the client, … */
  DROPPED_NOTICE,
  /** … answers of the client, … */
  DROPPED_CLIENT_ANSWER,
  /** … calls whose tunnel ended while they were being sent, … */
  DROPPED_REST_OF_CALL,
  /** … notices of an upstream, … */
  DROPPED_UPSTREAM_NOTICE,
  /** … answers that an upstream began and did not end, before the client had anything of them, … */
  DROPPED_CUT_ANSWER,
  /** … frames of the client for a stream that has ended, … */
  DROPPED_STREAM_FRAME,
  /** … and answers that nobody waits for any more. */
  DROPPED_LATE_ANSWER,

  TUNNELS,
  /** Tunnels that ended: HCM reached no upstream, … */
  TUNNEL_REFUSED,
  /** … or took no more streams; … */
  TUNNEL_GOAWAY,
  /** … the filter gave them up, because they were idle … */
  TUNNEL_IDLE,
  /** … or their time was over, … */
  TUNNEL_RETIRED,
  /** … and the upstream did not end them within ABANDON_TIMEOUT_MS; … */
  TUNNEL_ABANDONED,
  /** … the upstream closed or reset them, without and with calls in flight; … */
  TUNNEL_CLOSED,
  TUNNEL_CLOSED_BUSY,
  TUNNEL_RESET,
  TUNNEL_RESET_BUSY,
  /** … or the client's connection ended. */
  TUNNEL_CONNECTION_ENDED,

  RETIRED_AGE,
  RETIRED_CALLS,
  RETIRED_READ_ONLY,
  RETIRED_SAME_HOST,
  RETIRED_UNFIT,
  RETIRED_EJECTED,
  RETIRED_READMITTED,
  DRAIN_PROBES,
  /** Buckets of a consistent hash that were found to lead to another host than before. */
  BUCKETS_MOVED,

  /** Calls that a rate limit of this Envoy let through and kept back. */
  ALLOWED_LOCALLY,
  LIMITED_LOCALLY,
  /** The same of a rate limit service, and calls for which it has not answered. */
  ALLOWED_GLOBALLY,
  LIMITED_GLOBALLY,
  LIMIT_FAILED,
  /** Requests to such a service. */
  RATE_LIMIT_REQUESTS,
  /** Calls that an authorization policy wants to be noted. */
  AUDITED,
  /** Calls, and answers, whose attributes were to be changed and could not be. */
  REQUEST_NOT_MUTATED,
  RESPONSE_NOT_MUTATED,
  /** What was done to calls by what their routes ask for: held back by a fault, … */
  DELAYED,
  /** … sent once more, and so with success; … */
  RETRIES,
  RETRY_SUCCESS,
  /** … not sent once more: often enough already, or too many others are. */
  RETRY_LIMIT,
  RETRY_OVERFLOW,
  /** … or other calls were sent behind it whose answers come after its own. */
  RETRY_ORDER,
  /** Copies that went to where a route mirrors its calls, and those that could not. */
  MIRRORED,
  MIRROR_DROPPED,
  END,
}

const ENTRY_BYTES: usize = 8;
const COUNTS_BYTES: usize = <usize>Count.END * ENTRY_BYTES;
const nameText: usize = memory.data(512);

/** For each count: [ not yet told u32 | the host's id of the metric, 0 until it is needed u32 ] */
export function newCounts(): usize {
  const counts = heap.alloc(COUNTS_BYTES);
  memory.fill(counts, 0, COUNTS_BYTES);
  return counts;
}

export function addCount(counts: usize, which: i32, by: u32): void {
  const entry = counts + <usize>which * ENTRY_BYTES;
  store<u32>(entry, load<u32>(entry) + by);
}

/** Tells the host what was counted since the last time. */
export function tellCounts(counts: usize, listener: Name): void {
  let entry = counts;
  for (let which = 0; which < Count.END; which++, entry += ENTRY_BYTES) {
    const count = load<u32>(entry);
    if (!count) continue;
    store<u32>(entry, 0);
    if (!load<u32>(entry, 4)) store<u32>(entry, define(which, listener), 4);
    addToMetric(load<u32>(entry, 4), count);
  }
}

/** The same name is the same metric to the host, but each time it is asked takes a little of its memory: once is enough. */
function define(which: i32, listener: Name): u32 {
  let end: usize;
  if (which < Count.REPLIED) {
    end = labelled("meltemi_connections_closed_total", listener, ";reason=", closeReasonLabel(which));
  } else if (which < Count.ONE_WAY_DROPPED) {
    end = labelled("meltemi_replies_total", listener, ";code=", replyCodeLabel(which - Count.REPLIED));
  } else if (which < Count.CONFIG_ACCEPTED) {
    const code = replyCodeLabel(which - Count.ONE_WAY_DROPPED);
    end = labelled("meltemi_one_way_dropped_total", listener, ";code=", code);
  } else end = writeCount(which, listener);
  return defineMetric(MetricType.COUNTER, nameText, <u32>(end - nameText));
}

function labelled(metric: string, listener: Name, key: string, value: string): usize {
  return writeAscii(writeAscii(writeName(nameText, metric, listener), key), value);
}

function writeCount(which: i32, listener: Name): usize {
  switch (which) {
    case Count.CONFIG_ACCEPTED:
      return labelled("meltemi_config_updates_total", listener, ";result=", "accepted");
    case Count.CONFIG_REJECTED:
      return labelled("meltemi_config_updates_total", listener, ";result=", "rejected");
    case Count.CONNECTIONS:
      return writeName(nameText, "meltemi_connections_total", listener);
    case Count.UNANSWERED_CLIENT_LEFT:
      return unanswered(listener, "client_left");
    case Count.UNANSWERED_CLOSED:
      return unanswered(listener, "connection_closed");
    case Count.UNANSWERED_FORGOTTEN:
      return unanswered(listener, "forgotten");
    case Count.RESENT:
      return writeName(nameText, "meltemi_calls_resent_total", listener);
    case Count.UNMATCHED_ANSWERS:
      return writeName(nameText, "meltemi_answers_unmatched_total", listener);
    case Count.DROPPED_NOTICE:
      return dropped(listener, "client_notice");
    case Count.DROPPED_CLIENT_ANSWER:
      return dropped(listener, "client_answer");
    case Count.DROPPED_REST_OF_CALL:
      return dropped(listener, "rest_of_call");
    case Count.DROPPED_UPSTREAM_NOTICE:
      return dropped(listener, "upstream_notice");
    case Count.DROPPED_CUT_ANSWER:
      return dropped(listener, "cut_answer");
    case Count.DROPPED_STREAM_FRAME:
      return dropped(listener, "stream_frame");
    case Count.DROPPED_LATE_ANSWER:
      return dropped(listener, "late_answer");
    default:
      return writeTunnelCount(which, listener);
  }
}

function writeTunnelCount(which: i32, listener: Name): usize {
  switch (which) {
    case Count.TUNNELS:
      return writeName(nameText, "meltemi_tunnels_total", listener);
    case Count.TUNNEL_REFUSED:
      return ended(listener, "refused");
    case Count.TUNNEL_GOAWAY:
      return ended(listener, "goaway");
    case Count.TUNNEL_IDLE:
      return ended(listener, "idle");
    case Count.TUNNEL_RETIRED:
      return ended(listener, "retired");
    case Count.TUNNEL_ABANDONED:
      return ended(listener, "abandoned");
    case Count.TUNNEL_CLOSED:
      return ended(listener, "upstream_closed");
    case Count.TUNNEL_CLOSED_BUSY:
      return ended(listener, "upstream_closed_busy");
    case Count.TUNNEL_RESET:
      return ended(listener, "upstream_reset");
    case Count.TUNNEL_RESET_BUSY:
      return ended(listener, "upstream_reset_busy");
    case Count.TUNNEL_CONNECTION_ENDED:
      return ended(listener, "connection_ended");
    case Count.RETIRED_AGE:
      return labelled("meltemi_tunnels_retired_total", listener, ";reason=", "age");
    case Count.RETIRED_CALLS:
      return labelled("meltemi_tunnels_retired_total", listener, ";reason=", "calls");
    case Count.RETIRED_READ_ONLY:
      return labelled("meltemi_tunnels_retired_total", listener, ";reason=", "read_only");
    case Count.RETIRED_UNFIT:
      return labelled("meltemi_tunnels_retired_total", listener, ";reason=", "unfit");
    case Count.RETIRED_EJECTED:
      return labelled("meltemi_tunnels_retired_total", listener, ";reason=", "ejected");
    case Count.RETIRED_READMITTED:
      return labelled("meltemi_tunnels_retired_total", listener, ";reason=", "readmitted");
    case Count.RETIRED_SAME_HOST:
      return labelled("meltemi_tunnels_retired_total", listener, ";reason=", "same_host");
    case Count.AUDITED:
      return writeName(nameText, "meltemi_calls_audited_total", listener);
    case Count.BUCKETS_MOVED:
      return writeName(nameText, "meltemi_hash_buckets_moved_total", listener);
    case Count.DRAIN_PROBES:
      return writeName(nameText, "meltemi_drain_probes_total", listener);
    default:
      return writePolicyCount(which, listener);
  }
}

function writePolicyCount(which: i32, listener: Name): usize {
  switch (which) {
    case Count.REQUEST_NOT_MUTATED:
      return labelled("meltemi_not_mutated_total", listener, ";direction=", "request");
    case Count.RESPONSE_NOT_MUTATED:
      return labelled("meltemi_not_mutated_total", listener, ";direction=", "response");
    case Count.ALLOWED_LOCALLY:
      return limited(listener, "local", "allowed");
    case Count.LIMITED_LOCALLY:
      return limited(listener, "local", "limited");
    case Count.ALLOWED_GLOBALLY:
      return limited(listener, "global", "allowed");
    case Count.LIMITED_GLOBALLY:
      return limited(listener, "global", "limited");
    case Count.LIMIT_FAILED:
      return limited(listener, "global", "failed");
    case Count.RATE_LIMIT_REQUESTS:
      return writeName(nameText, "meltemi_rate_limit_requests_total", listener);
    case Count.DELAYED:
      return writeName(nameText, "meltemi_calls_delayed_total", listener);
    case Count.RETRIES:
      return writeName(nameText, "meltemi_retries_total", listener);
    case Count.RETRY_SUCCESS:
      return writeName(nameText, "meltemi_retries_succeeded_total", listener);
    case Count.RETRY_LIMIT:
      return labelled("meltemi_retries_refused_total", listener, ";reason=", "attempts");
    case Count.RETRY_OVERFLOW:
      return labelled("meltemi_retries_refused_total", listener, ";reason=", "budget");
    case Count.RETRY_ORDER:
      return labelled("meltemi_retries_refused_total", listener, ";reason=", "order");
    case Count.MIRRORED:
      return writeName(nameText, "meltemi_calls_mirrored_total", listener);
    default:
      return writeName(nameText, "meltemi_mirrors_dropped_total", listener);
  }
}

function limited(listener: Name, kind: string, result: string): usize {
  return writeAscii(writeAscii(labelled("meltemi_rate_limit_total", listener, ";kind=", kind), ";result="), result);
}

function unanswered(listener: Name, reason: string): usize {
  return labelled("meltemi_calls_unanswered_total", listener, ";reason=", reason);
}

function dropped(listener: Name, reason: string): usize {
  return labelled("meltemi_messages_dropped_total", listener, ";reason=", reason);
}

function ended(listener: Name, reason: string): usize {
  return labelled("meltemi_tunnels_ended_total", listener, ";reason=", reason);
}
