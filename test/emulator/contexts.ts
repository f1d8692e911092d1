import type { Connection } from "./connection.js";

/** A plugin configuration in force: what Envoy calls a root context. */
export class RootContext {
  /** Milliseconds between ticks, 0 for none. */
  tick_ms = 0;
  /** Connections that were made under it. With none left and a successor in place it is deleted. */
  connections = 0;
  replaced = false;
  alive = true;
  readonly connection = undefined;

  constructor(
    readonly id: number,
    /** The plugin's name: our listener. */
    readonly name: string,
    /** The plugin's root id: our protocol. */
    readonly protocol: string,
  ) {}

  get root(): RootContext {
    return this;
  }
}

/** One downstream connection: what Envoy calls a stream context. */
export interface StreamContext {
  readonly id: number;
  readonly root: RootContext;
  readonly connection: Connection;
}

export type Context = RootContext | StreamContext;
