import { readTable } from "../config/config";
import { intern } from "../memory/name";
import { firstListener, Listener, setTable } from "./listener";

/** Notes in whose place the listener is, as its configuration says. */
export function noteStandIn(listener: Listener): void {
  const table = listener.table!;
  if (!listener.standsInFor && table.standsInForBytes) {
    listener.standsInFor = intern(table.standsInFor, table.standsInForBytes);
  }
}

/** The listener has been configured: those in its place go by the same from now on. Each has a table of its own, which it frees. */
export function relieveStandIns(listener: Listener, json: usize, length: u32): void {
  let other = firstListener();
  while (other) {
    const inPlace =
      other.standsInFor == listener.name && other.protocol == listener.protocol && other.mode == listener.mode;
    if (inPlace && other != listener) {
      const table = readTable(json, length, other.protocol);
      if (table) setTable(other, table);
    }
    other = other.next;
  }
}
