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
  /** Bytes of the whole message, its head included. */
  total: u32;
  /** The id that joins an answer to its call, as on the wire. */
  id: u64;
  /** With Step.MORE: bytes of the message that must be in memory at once. Never more than `total` once that is known. */
  need: u32;
  /** With Step.SCAN: offset in the message of the first byte of the next window. */
  scanAt: u32;
  /** With Step.BAD. */
  reason: i32;
  /** Whether the head is sound and `total` within the limit: also a bad message can then be passed over, and a call answered. */
  framed: bool;
  /** What the codec needs to write a reply in the caller's dialect (Dubbo: the serialization id). */
  dialect: u32;
  /** Of an answer: the protocol's own status. */
  status: u32;
  /** Whether an answer's status means success. */
  ok: bool;
  /** The name by which the virtual host is found. */
  service: usize;
  serviceBytes: u32;
  /** The method, for metrics. */
  method: usize;
  methodBytes: u32;
  /** Null where the codec does not know such calls again. */
  notes: Notes | null;
}

/** This VM's register; a VM runs one callback at a time. */
export const message: Message = changetype<Message>(memory.data(sizeof<u64>() * 12));
