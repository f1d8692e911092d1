import { Message } from "../message";
import { Step } from "../step";
import { decodeBody } from "./body";
import { decodeHead } from "./head";
import { Section, WANT_ID, WANT_STATUS } from "./program";

/** Decodes what an upstream sent. Any length that is a length goes: the caller has asked for this answer. */
export function decodeResponse(program: usize, p: usize, n: u32, message: Message): Step {
  const step = decodeHead(program, Section.ANSWER_HEAD, p, n, u32.MAX_VALUE, message);
  if (step != Step.DONE) return step;
  return decodeBody(program, Section.ANSWER_BODY, WANT_ID | WANT_STATUS, null, message);
}
