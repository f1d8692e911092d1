/** Dubbo2, as the proxy uses it. */
export { builtinOf } from "./attributes";
export { detect, HEAD_BYTES } from "./head";
export { canMutateAnswer, mutateRequest, mutateResponse } from "./mutate";
export { ERROR_OVERHEAD_BYTES, replyStatus, writeError, writeGoingAway, writeHeartbeatAnswer } from "./reply";
export { decodeRequest, scanRequest } from "./request";
export { decodeResponse } from "./response";
export { showsAttachments } from "./serialization";
