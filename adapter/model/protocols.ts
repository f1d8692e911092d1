/** Protocols that the filter of this build has a codec for, by the name that `root_id` and `VirtualService.protocol` use. */
export const PROTOCOLS: readonly string[] = ["dubbo"];
