/** tRPC, as the proxy uses it. */
export { builtinOf } from "./attributes";
export { detect } from "./head";
export { mutateRequest, mutateResponse } from "./mutate";
export { replyStatus, writeError } from "./reply";
export { decodeRequest } from "./request";
export { decodeResponse } from "./response";
