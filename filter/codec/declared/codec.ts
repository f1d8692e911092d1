/** A protocol that a resource declares, as the proxy uses it. `program` is what `verify` has found good. */
export { builtinOf } from "./attributes";
export { replyStatus, writeError, writeGoingAway, writeHeartbeatAnswer } from "./reply";
export { decodeRequest } from "./request";
export { decodeResponse } from "./response";
export { MAX_PROGRAM_BYTES, verify } from "./verify";
export { problemAt } from "./window";
