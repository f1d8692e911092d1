import util from "node:util";

/** What Apache's Dubbo library for Node asks of `util`, and Node has no more from version 23 on. To be imported before the library. */
Object.assign(util, {
  isArray: Array.isArray,
  isFunction: (value: unknown) => typeof value === "function",
  isString: (value: unknown) => typeof value === "string",
});
