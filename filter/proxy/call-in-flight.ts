import { Tunnel } from "../http2/tunnel";
import { Name } from "../memory/name";
import { Kept } from "./kept-call";
import { Gate } from "./policies/gate";
import { Series } from "./series";
import { Timed } from "./timed";

/** What is known of a call in flight: what is needed when the answer comes (metrics), and when it does not (the error reply). */
@unmanaged
export class Call extends Timed {
  nextInBucket: Call | null;
  previousInBucket: Call | null;
  next: Call | null;
  previous: Call | null;
  tunnel: Tunnel;
  id: u64;
  /** Microseconds since 1970; 0: the call's duration is not told. */
  started_us: u64;
  series: Series;
  dialect: u32;
  /** Its place among the calls of the connection. */
  order: u32;
  /** Nobody waits for its answer (any more): it goes nowhere when it comes (proxy/swallow.ts). */
  swallowed: bool;
  /** What is done to the attributes of its answer (codec/rules.ts); null: nothing. */
  rules: Name | null;
  /** What its answer decides (proxy/fate.ts). */
  fate: i32;
  /** Where it is counted while it is in flight (proxy/policies/gate.ts): with its breaker's calls, and with those of its method. */
  gate: Gate | null;
  methodGate: Gate | null;
  /** Its message, with which it may be sent once more; null: it may not. */
  kept: Kept | null;
  /** What a reply repeats of it: a block of its own, kept for the calls that take its place. */
  echo: usize;
  echoBytes: u32;
  echoCapacity: u32;
}
