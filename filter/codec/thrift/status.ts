/**
 * What an answer says, in one number: 0 for what the method returns, the type of a TApplicationException (1 to 98), and these.
 */
export const STATUS_OK: u32 = 0;
/** A TApplicationException whose type is 0 (UNKNOWN) or not to be seen in its first bytes. */
export const STATUS_UNKNOWN: u32 = 99;
/** An exception that the method declares. */
export const STATUS_DECLARED: u32 = 100;
