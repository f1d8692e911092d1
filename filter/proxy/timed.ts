/** What has a deadline (proxy/deadline.ts), by the clock of `now_us`. */
@unmanaged
export class Timed {
  timed: bool;
  /** A call of which the message is kept (proxy/kept-call.ts), else one in flight. */
  isKept: bool;
  deadline_ms: u32;
  nextTimed: Timed | null;
  previousTimed: Timed | null;
  /** The Connection whose call it is. */
  connection: usize;
}
