/** Calls that are held back for a while. */
@unmanaged
export class Delay {
  /** Of a million. */
  share: u32;
  fixed_ms: u32;
}

/** Calls that are answered with an error instead. */
@unmanaged
export class Abort {
  /** Of a million. */
  share: u32;
  /** The protocol's number; 0: that of ReplyCode.ABORTED. */
  status: u32;
  /** What the error says; none: that it was a fault. */
  text: usize;
  textBytes: u32;
}
