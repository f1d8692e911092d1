/** What calls have made of a client's connection that bears on the calls behind them (proxy/conduct.ts): bits of `Connection.standing`. */
export enum Standing {
  /** The answer of a call is awaited that decides how the next ones are understood: none goes before. */
  WAITING = 1,
  /** An upstream sends at any time and takes what the client says: the tunnel is `Connection.pin`. */
  LISTENING = 2,
  /** The client has begun a transaction. */
  OPEN = 4,
  /** The upstream knows of it: all calls of it go to `Connection.pin`. */
  BEGUN = 8,
  /** A transaction will depend on what was read through `Connection.pin`. */
  WATCHING = 16,
  /** A transaction, begun or to come, cannot be carried out. */
  ABORTED = 32,
  /** The client has left, or is to be told why it must: nothing more of it is read. */
  LEAVING = 64,
}
