/** Redis (RESP2 and RESP3), as the proxy uses it. */
export { builtinOf } from "./attributes";
export { detect } from "./detect";
export { firstKeyAgain, nextKey } from "./keys";
export { replyStatus, writeBegin, writeDone, writeDrop, writeError } from "./reply";
export { decodeRequest } from "./request";
export { decodeResponse, isListening, listen } from "./response";
export { settle, supersedes } from "./settled";
