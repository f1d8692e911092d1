/** Tars, and TUP, as the proxy uses them. */
export { builtinOf, placeOf, STATUS_PREFIX_BYTES } from "./attributes";
export { mutateRequest, mutateResponse } from "./mutate";
export { detect } from "./packet";
export { replyStatus, writeError, writeGoingAway, writePingAnswer } from "./reply";
export { decodeRequest, scanRequest } from "./request";
export { decodeResponse } from "./response";
