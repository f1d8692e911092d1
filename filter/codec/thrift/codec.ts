/** Apache Thrift, as the proxy uses it. */
export { ARGUMENT_PREFIX_BYTES, builtinOf, placeOf } from "./attributes";
export { detect } from "./detect";
export { isHeader, mutateMessage } from "./mutate";
export { replyStatus, writeError } from "./reply";
export { decodeRequest, scanRequest } from "./request";
export { decodeResponse } from "./response";
