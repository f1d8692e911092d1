/** What a decoder says of the bytes it was shown. */
export enum Step {
  /** The message is decoded. */
  DONE,
  /** At least `message.need` bytes of the message, counted from its first, must be in memory at once. */
  MORE,
  /** The head is decoded; the attributes that are still wanted lie further back: show bytes from `message.scanAt`. */
  SCAN,
  /** Not a message of this protocol, or one that breaks a limit: `message.reason` says which. */
  BAD,
}

/** Why a message was refused: the value of the label `reason` (see `reasonText`). */
export enum Reason {
  NONE,
  /** The first bytes are not this protocol's. */
  NOT_THIS_PROTOCOL,
  /** The length in the head exceeds the configured maximum. */
  TOO_LARGE,
  /** A length or type inside the message contradicts its frame. */
  MALFORMED,
  /** Nested deeper than the codec follows. */
  TOO_DEEP,
  /** More class definitions than `hessian2` remembers. */
  TOO_MANY_CLASSES,
  /** An attribute that a route asks for is longer than MAX_ATTRIBUTE_BYTES. */
  ATTRIBUTE_TOO_LONG,
  /** The head is sound, but nothing in the body can be read: a serialization whose rules the codec does not know. */
  UNREADABLE_SERIALIZATION,
  /** bRPC: the call is to begin a stream, whose frames would have to follow it. */
  STREAMING,
  /** A call that a proxy cannot carry out as its upstream would. */
  UNSUPPORTED,
  /** Its attributes are to be changed, and cannot be without a change of what else is in it. */
  UNMUTABLE,
}
