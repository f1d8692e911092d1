/** How far a call has come on its way through what its route asks for: what is to be done next. The order is that of docs/govern-calls.md. */
export enum Stage {
  BEGIN,
  LIMIT_LOCALLY,
  LIMIT_GLOBALLY,
  DELAY,
  ABORT,
  BREAK,
  /** All has been done: it is to be sent. */
  SEND,
}
