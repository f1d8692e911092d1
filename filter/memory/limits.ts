/** Every bound of the filter, in one place, each with its arithmetic or its source. */

/** Longest message accepted unless the configuration says otherwise. Dubbo's own default is 8 MiB. */
export const DEFAULT_MAX_MESSAGE_BYTES: u32 = 16 << 20;

/** Distinct attributes that the routes of one table may ask for: one bit each in a u64. */
export const MAX_SLOTS: i32 = 64;

/** Longest attribute value that can be matched. A longer one that a route asks for makes the message a bad one. */
export const MAX_ATTRIBUTE_BYTES: u32 = 8192;

/** Messages planned in one pass over a read. A read with more is taken in several passes. */
export const MAX_MESSAGES_PER_PASS: u32 = 1024;
