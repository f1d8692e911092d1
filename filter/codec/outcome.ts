import { Message } from "./message";
import { Reason, Step } from "./step";

/** The message is refused for this reason. */
export function refuse(message: Message, reason: Reason): Step {
  message.reason = reason;
  return Step.BAD;
}

/** The first `need` bytes of the message are wanted. */
export function more(message: Message, need: u32): Step {
  message.need = need;
  return Step.MORE;
}
