import { reasonText } from "../codec/reason";
import { ReplyCode } from "../codec/reply";
import { writeAscii } from "../memory/ascii";
import { Name, nameBytes } from "../memory/name";

/** Why a connection ended: the label `reason`. The codecs' reasons come first, with their own numbers; less than `Count.REPLIED` all. */
export enum CloseReason {
  NONE = 0,
  /** No table was ever accepted for the listener. */
  NOT_CONFIGURED = 64,
  /** An upstream ended in the middle of a message that the client had begun to receive. */
  ANSWER_CUT,
  /** More own replies than MAX_UNPROVEN_REPLY_BYTES, and no sign that the client reads them. */
  TOO_MANY_REPLIES,
  /** The VM keeps as much for its peers as it may (MAX_KEPT_BYTES). */
  MEMORY_LIMIT,
  /** HCM said something that is not HTTP/2 as this filter knows it. */
  HTTP2_ERROR,
  /** What an upstream sent is not the protocol. */
  BAD_ANSWER,
  /** The client was told to go (Envoy drains, or the connection's age), and the last call has ended. */
  DRAINED,
  /** No call for as long as the listener's connections may be idle. */
  IDLE_TIMEOUT,
  /** Mode `connection`: no route takes the first call. */
  NO_ROUTE,
  /** Mode `connection`: more heartbeats than MAX_BYTES_BEFORE_CALL, and no call. */
  NO_CALL,
  /** Mode `connection`: Envoy does not take the cluster. */
  CLUSTER_NOT_SET,
  /** The upstream has ended that the client listens to. */
  LISTENING_LOST,
  /** An upstream does not begin a transaction that the client believes in. */
  TRANSACTION_REFUSED,
  /** The client has left, without and with calls in flight. */
  CLIENT_LEFT,
  CLIENT_LEFT_BUSY,
  /** Envoy has closed it for reasons of its own, without and with calls in flight. */
  ENVOY_CLOSED,
  ENVOY_CLOSED_BUSY,
}

/** The reason where the filter has none. `busy`: calls are in flight. */
export function closedBy(client: bool, busy: bool): CloseReason {
  if (client) return busy ? CloseReason.CLIENT_LEFT_BUSY : CloseReason.CLIENT_LEFT;
  return busy ? CloseReason.ENVOY_CLOSED_BUSY : CloseReason.ENVOY_CLOSED;
}

export function closeReasonLabel(reason: i32): string {
  switch (reason) {
    case CloseReason.NOT_CONFIGURED:
      return "not_configured";
    case CloseReason.ANSWER_CUT:
      return "answer_cut";
    case CloseReason.TOO_MANY_REPLIES:
      return "too_many_replies";
    case CloseReason.MEMORY_LIMIT:
      return "memory_limit";
    case CloseReason.HTTP2_ERROR:
      return "http2_error";
    case CloseReason.BAD_ANSWER:
      return "bad_answer";
    case CloseReason.DRAINED:
      return "drained";
    case CloseReason.IDLE_TIMEOUT:
      return "idle_timeout";
    case CloseReason.NO_ROUTE:
      return "no_route";
    case CloseReason.NO_CALL:
      return "no_call";
    case CloseReason.CLUSTER_NOT_SET:
      return "cluster_not_set";
    case CloseReason.LISTENING_LOST:
      return "listening_lost";
    case CloseReason.TRANSACTION_REFUSED:
      return "transaction_refused";
    case CloseReason.CLIENT_LEFT:
      return "client_left";
    case CloseReason.CLIENT_LEFT_BUSY:
      return "client_left_busy";
    case CloseReason.ENVOY_CLOSED:
      return "envoy_closed";
    case CloseReason.ENVOY_CLOSED_BUSY:
      return "envoy_closed_busy";
    default:
      return reasonText(reason);
  }
}

export function replyCodeLabel(code: ReplyCode): string {
  switch (code) {
    case ReplyCode.NOT_FOUND:
      return "not_found";
    case ReplyCode.BAD_REQUEST:
      return "bad_request";
    case ReplyCode.UPSTREAM_FAILURE:
      return "upstream_failure";
    case ReplyCode.OVERLOADED:
      return "overloaded";
    case ReplyCode.TIMEOUT:
      return "timeout";
    case ReplyCode.RATE_LIMITED:
      return "rate_limited";
    case ReplyCode.ABORTED:
      return "aborted";
    case ReplyCode.APART:
      return "apart";
    case ReplyCode.OVERFLOW:
      return "overflow";
    case ReplyCode.DENIED:
      return "denied";
    case ReplyCode.UNMUTABLE:
      return "unmutable";
    default:
      return "discarded";
  }
}

/** Envoy's response flags for why the filter has answered; of upstreams that fail the tunnel's end tells more. */
export function replyFlags(code: ReplyCode): string {
  switch (code) {
    case ReplyCode.NOT_FOUND:
      return "NR";
    case ReplyCode.BAD_REQUEST:
      return "DPE";
    case ReplyCode.OVERLOADED:
    case ReplyCode.OVERFLOW:
      return "UO";
    case ReplyCode.TIMEOUT:
      return "UT";
    case ReplyCode.RATE_LIMITED:
      return "RL";
    case ReplyCode.ABORTED:
      return "FI";
    case ReplyCode.DENIED:
      return "UAEX";
    default:
      return "-";
  }
}

/** Longest name, of a listener say, that is told in metrics. */
const MAX_NAME_BYTES: u32 = 256;

/** The beginning of a metric's name: `METRIC;listener=LISTENER`. */
export function writeName(out: usize, metric: string, listener: Name): usize {
  return writeNameLabel(writeAscii(out, metric), ";listener=", listener);
}

export function writeNameLabel(out: usize, key: string, value: Name): usize {
  return writeLabelValue(writeAscii(out, key), nameBytes(value), min<u32>(value.length, MAX_NAME_BYTES));
}

/** Copies a label's value; bytes that Envoy's stats or the tag regexes could trip over become `_`. */
export function writeLabelValue(out: usize, value: usize, length: u32): usize {
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(value + i);
    store<u8>(out + i, <u8>(isPlain(byte) ? byte : 0x5f));
  }
  return out + length;
}

/** [A-Za-z0-9_.$:/|-] */
function isPlain(byte: u32): bool {
  const letter = (byte | 0x20) - 0x61;
  return (
    letter < 26 ||
    byte - 0x30 < 11 || // digits and the colon behind them
    byte - 0x2d < 3 || // - . /
    byte == 0x5f ||
    byte == 0x24 ||
    byte == 0x7c
  );
}
