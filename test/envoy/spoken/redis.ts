import { redis as messages } from "../../cases/messages/redis.js";
import type { Spoken } from "./spoken.js";

const ERR = 1;
const NOPERM = 5;
const BUSY = 12;

/** Commands differ by their keys: `GET key`. */
export const redis: Spoken = {
  protocol: "redis",
  table: {},
  match: (method) => ({ name: "key", exact_match: method }),
  named: false,
  valueAttribute: "key",
  ordered: true,
  codes: { timeout: ERR, aborted: ERR, rate_limited: ERR, overflow: ERR, denied: NOPERM, upstream_failure: ERR },
  failure: BUSY,
  encodeCall: ({ method }) => messages.encode("do", [`GET/${method}`]),
  decodeCall(bytes) {
    const command = messages.decode(bytes, "request");
    if (!command) return undefined;
    const words = Buffer.from(command.bytes).toString().split("\r\n");
    // *2 $3 GET $n key
    return { bytes: command.bytes, id: 0, method: words[4] ?? "" };
  },
  encodeAnswer: () => messages.encode("bulk", ["pong"]),
  encodeFailure: () => messages.encode("error", ["BUSY the server does not like it"]),
  decodeAnswer(bytes) {
    const answer = messages.decode(bytes, "response");
    if (!answer) return undefined;
    const { status = 0, text = "" } = answer;
    const isBusy = text.startsWith("BUSY ");
    return { bytes: answer.bytes, id: undefined, status: isBusy ? BUSY : status, ok: text === "", text };
  },
};
