/** The root context that the queue is registered for, and that calls to services are made for: the newest, or one that remains when another goes. */
let root: u32 = 0;

/** 0: there is none. */
export function rootContext(): u32 {
  return root;
}

export function setRootContext(context: u32): void {
  root = context;
}
