import { Act } from "./act";

/** What a message is to the proxy, whatever its protocol. */
export enum Kind {
  /** A call that is answered. */
  CALL,
  /** A call that is not answered. */
  ONE_WAY,
  /** A sign of life that wants an answer from whoever reads it: the filter itself. */
  HEARTBEAT,
  /** A sign of life or a notice that wants no answer. */
  EVENT,
  /** The notice that the sender takes no new calls (Dubbo's read-only event). */
  GOING_AWAY,
  /** The answer to a call. */
  ANSWER,
  /** What follows of the message whose last part was `open`: a client's call, or an upstream's answer. */
  PART,
  /** A frame of a stream that a call opened (same id), in either direction. The call goes on. */
  STREAM,
  /** A client's frame that ends such a stream: no answer follows. */
  STREAM_END,
}

/**
 * What others note about the calls of one method, to find it again at once. A codec that knows such calls again keeps it, empty at
 * first and forgotten at any time.
 */
@unmanaged
export class Notes {
  /** Serial number of the table in which `virtualHost` was found; 0: none was. */
  table: u32;
  virtualHost: usize;
  /** Time series, each at the place that its cluster chooses. */
  series0: usize;
  series1: usize;
  series2: usize;
  series3: usize;
}

/**
 * The one message under decoding. A codec fills it, the router and the proxy read it. The addresses in it are valid until
 * the next decode or the next fetch from the host, whichever comes first.
 */
@unmanaged
export class Message {
  kind: Kind;
  /** Bytes of the whole message, its head included; of the part that was decoded, where the message is `open`. */
  total: u32;
  /** Only with CALL, ONE_WAY, ANSWER and PART: more of the message follows, whose length is not known yet. */
  open: bool;
  /** Only with CALL: it begins a stream, whose frames follow it in both directions (STREAM) for as long as they like. */
  opensStream: bool;
  /** The answers of this connection come in the order of their calls from now on, and ids say nothing. */
  ordered: bool;
  /** What upstreams do depends on the order of calls, too: those of this connection to one cluster take one tunnel. */
  sequential: bool;
  /** Of a call: what it does to those behind it. */
  act: Act;
  /** With Act.SETTLE: what it sets (see the codec's `supersedes`). All of the message is in memory then. */
  holds: u32;
  /** Of a call: it speaks of several things, each of which could go another way; the first is in the slots, `nextKey` shows the others. */
  several: bool;
  /** Of what an upstream sends at any time (Act.LISTEN): the last of it. */
  ends: bool;
  /** The id that joins an answer to its call, as on the wire. */
  id: u64;
  /** With Step.MORE: bytes of the message that must be in memory at once. Never more than `total` once that is known. */
  need: u32;
  /** With Step.SCAN: offset in the message of the first byte of the next window. */
  scanAt: u32;
  /** With Step.BAD, and with Act.REFUSE. */
  reason: i32;
  /** Whether the head is sound and `total` within the limit: also a bad message can then be passed over, and a call answered. */
  framed: bool;
  /** What the codec needs to write a reply in the caller's dialect (Dubbo: the serialization id). */
  dialect: u32;
  /** What else it needs for that: bytes that the proxy keeps until the answer, MAX_ECHO_BYTES at most. 0: none. */
  echo: usize;
  echoBytes: u32;
  /** Of an answer: the protocol's own status, a signed number. */
  status: u32;
  /** Whether an answer's status means success. */
  ok: bool;
  /** The name by which the virtual host is found; none (0 bytes) where the message has none. */
  service: usize;
  serviceBytes: u32;
  /** The method, for metrics. */
  method: usize;
  methodBytes: u32;
  /** Null where the codec does not know such calls again. */
  notes: Notes | null;
}

/** This VM's register; a VM runs one callback at a time. */
export const message: Message = changetype<Message>(memory.data(offsetof<Message>(), 8));

/** What every decode begins with: nothing is known of the message. `step`, `need` and `scanAt` are of the one who says them. */
export function clearMessage(message: Message): void {
  message.total = 0;
  message.open = false;
  message.opensStream = false;
  message.ordered = false;
  message.sequential = false;
  message.act = Act.NONE;
  message.holds = 0;
  message.several = false;
  message.ends = false;
  message.id = 0;
  message.reason = 0;
  message.framed = false;
  message.dialect = 0;
  message.echo = 0;
  message.echoBytes = 0;
  message.status = 0;
  message.ok = false;
  message.service = 0;
  message.serviceBytes = 0;
  message.method = 0;
  message.methodBytes = 0;
  message.notes = null;
}
