/** Whether a call can be sent. */
export enum Lead {
  READY,
  /** Not now, and it stays where it is. */
  LATER,
  /** Not now: the filter keeps its message, and goes on with it later (proxy/hold.ts). */
  HELD,
  /** Never: the client was told, where it waits for an answer. */
  REFUSED,
}
