/** Bounds of what is read. What exceeds one is a problem by name, and the last good version stays in force. */

/** Largest file: 10,000 services with a ServiceEntry and a VirtualService each are about 10 MB of YAML. */
export const MAX_FILE_BYTES = 16 << 20;

/** Documents in one file: 10,000 services with three resources each. */
export const MAX_DOCUMENTS_PER_FILE = 30_000;

/** Files below one directory. */
export const MAX_FILES = 10_000;

/** Folders within folders. Ends links that lead back up, too. */
export const MAX_DEPTH = 16;

/** How often the nodes behind one alias may be repeated: ends "billion laughs" before they are built. */
export const MAX_ALIAS_COUNT = 100;

/** Maps and lists within one another. The deepest field of a resource stands about 12 deep. */
export const MAX_NESTING = 100;
