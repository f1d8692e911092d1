/** What a condition on an attribute says: exactly one of these. */
export const SPECIFIERS = ["exact", "prefix", "suffix", "contains", "regex", "present", "range"] as const;

/** The filter's own bound. */
export const MAX_REGEX_BYTES = 4096;
