import { Reason } from "./step";

const label: usize = memory.data(64);
let labelBytes: u32 = 0;

/**
 * The value of the label `reason` in metrics, in ASCII, valid until the next call; `reasonLabelBytes` has its length. For the
 * rare way: a message refused, a connection closed.
 */
export function reasonLabel(reason: Reason): usize {
  const text = textOf(reason);
  labelBytes = <u32>text.length;
  for (let i: u32 = 0; i < labelBytes; i++) store<u8>(label + i, text.charCodeAt(i));
  return label;
}

export function reasonLabelBytes(): u32 {
  return labelBytes;
}

/** Literals only: they lie in static memory. */
function textOf(reason: Reason): string {
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
    default:
      return "unknown";
  }
}
