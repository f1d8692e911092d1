/** Why the filter itself answers a call. Each codec maps these to its protocol's own status (`codec/<protocol>/reply.ts`). */
export enum ReplyCode {
  /** No virtual host for the service, or no route for the call. */
  NOT_FOUND,
  /** The call cannot be understood or breaks a limit. */
  BAD_REQUEST,
  /** The upstream could not be reached, or ended with the call in flight. */
  UPSTREAM_FAILURE,
  /** No tunnel may be opened now: a limit, or the connection is being drained. */
  OVERLOADED,
  /** The call has taken longer than its route allows. */
  TIMEOUT,
  /** It exceeds a rate that its route allows. */
  RATE_LIMITED,
  /** Its route has a fault for it. */
  ABORTED,
  /** What belongs together leads to different clusters. */
  APART,
  /** A transaction that was begun cannot be carried out. */
  DISCARDED,
  /** As many calls are in flight as its circuit breaker allows. */
  OVERFLOW,
  /** An authorization policy does not allow it. */
  DENIED,
  /** Its attributes, or those of its answer, cannot be changed as its route asks. */
  UNMUTABLE,
}
