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
}
