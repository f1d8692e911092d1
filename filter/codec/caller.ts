/**
 * What is known of a call that the filter answers itself: the codec wrote it into the `Message` of the call, and gets it back when the
 * reply is written, at once or when the upstream has failed.
 */
@unmanaged
export class Caller {
  /** The id on the wire that joins the answer to the call. */
  id: u64;
  /** The caller's dialect (`Message.dialect`). */
  dialect: u32;
  /** Place of the call among all of its connection: which answer comes first where answers come in order. */
  order: u32;
  /** The protocol's own number of the error, where a configuration says it; 0: that of the ReplyCode. */
  status: u32;
  /** What a reply repeats of the call (`Message.echo`). */
  echo: usize;
  echoBytes: u32;
}

/** This VM's register; a VM writes one reply at a time. */
export const caller: Caller = changetype<Caller>(memory.data(offsetof<Caller>(), 8));
