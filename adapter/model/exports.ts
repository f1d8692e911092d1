/** Namespaces that may see something, sorted; undefined: all of them. */
export type Exports = readonly string[] | undefined;

/** Whether a node of this namespace may see it. A node of which no namespace is known sees what is for all. */
export function sees(namespace: string | undefined, exports: Exports): boolean {
  return exports === undefined || (namespace !== undefined && exports.includes(namespace));
}
