/** What a call does to those behind it, in protocols whose connections remember something. */
export enum Act {
  NONE,
  /** It is sound, but nothing to be carried out through a proxy: `message.reason` says why. */
  REFUSE,
  /** It sets something that holds for the connection from then on (`message.holds`), so for all of its tunnels. */
  SETTLE,
  /** It begins a transaction: the calls behind it are carried out together, … */
  BEGIN,
  /** … with this one, … */
  COMMIT,
  /** … or not at all. */
  DROP,
  /** A transaction that follows depends on what is read now, … */
  WATCH,
  /** … and no longer does. */
  UNWATCH,
  /** The upstream may send at any time from then on. */
  LISTEN,
  /** The client leaves: it is told so, and the connection is closed. */
  LEAVE,
}

/** What the filter itself answers to some of them. */
export enum Done {
  /** It is done. */
  OK,
  /** It is done, and was nothing. */
  EMPTY,
}
