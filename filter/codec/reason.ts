import { Reason } from "./step";

/** A reason as it stands in metrics (the label `reason`) and in replies. Literals only: reading one allocates nothing. */
export function reasonText(reason: i32): string {
  switch (reason) {
    case Reason.NONE:
      return "none";
    case Reason.NOT_THIS_PROTOCOL:
      return "not_this_protocol";
    case Reason.TOO_LARGE:
      return "too_large";
    case Reason.MALFORMED:
      return "malformed";
    case Reason.TOO_DEEP:
      return "too_deep";
    case Reason.TOO_MANY_CLASSES:
      return "too_many_classes";
    case Reason.ATTRIBUTE_TOO_LONG:
      return "attribute_too_long";
    case Reason.UNREADABLE_SERIALIZATION:
      return "unreadable_serialization";
    case Reason.STREAMING:
      return "streaming_rpc";
    case Reason.UNSUPPORTED:
      return "unsupported";
    case Reason.UNMUTABLE:
      return "unmutable";
    default:
      return "unknown";
  }
}
