import { Protocol } from "../codec/codec";
import { ReplyCode } from "../codec/reply";
import { intern, Name, release } from "../memory/name";
import { freeTable, Table } from "../route/table";
import { addCount, Count, newCounts, tellCounts } from "./count";
import { clearGauges, forgetMemoryTold, forgetTold, newGauges, tellGauges, tellMemory } from "./gauge";
import { closeLedger, openLedger, takeBackDead } from "./ledger";
import { Mode } from "./mode";
import { letGoDetections, takeUpDetections } from "./policies/detections";
import { forgetGatesTold, tellGates } from "./policies/gate";
import { forgetHostsTold, tellHosts } from "./policies/hosts";
import { chooseForNode } from "./policies/node";

/**
 * A listener of this VM. It outlives root contexts: each new configuration brings a root context of its own, while the
 * connections of older ones go on and shall follow the new table.
 */
@unmanaged
export class Listener {
  next: Listener | null;
  name: Name;
  protocol: Protocol;
  /** Of a declared protocol: the program of the table in force. */
  program: usize;
  mode: Mode;
  /** The table in force; null until a first valid one came. */
  table: Table | null;
  /** The code of this VM, as its configurations name it; null: they do not. */
  code: Name | null;
  /** Other code has had the newest configuration, and since when. */
  succeeded: bool;
  succeededAt_ms: u32;
  /** The version of the last table of other code that was looked at. */
  followed: Name | null;
  /** The listener whose tables it takes once there are any; null: none. */
  standsInFor: Name | null;
  /** Root contexts and connections that refer to it. */
  references: u32;
  /** What happened (count.ts), and what there is (gauge.ts). */
  counts: usize;
  gauges: usize;
}

let first: Listener | null = null;

export function firstListener(): Listener | null {
  return first;
}

/**
 * The listener of this name, protocol and mode, with one reference more; made if there is none. Of one that changes its mode the former
 * self, which Envoy drains, goes on beside it.
 */
export function openListener(name: usize, length: u32, protocol: Protocol, mode: Mode): Listener {
  const key = intern(name, length);
  let listener = first;
  while (listener) {
    if (listener.name == key && listener.protocol == protocol && listener.mode == mode) {
      release(key);
      listener.references++;
      return listener;
    }
    listener = listener.next;
  }
  const fresh = changetype<Listener>(heap.alloc(offsetof<Listener>()));
  memory.fill(changetype<usize>(fresh), 0, offsetof<Listener>());
  fresh.name = key;
  fresh.protocol = protocol;
  fresh.mode = mode;
  fresh.references = 1;
  fresh.next = first;
  first = fresh;
  fresh.counts = newCounts();
  fresh.gauges = newGauges();
  return fresh;
}

/** Gives a reference back; the last one frees the listener with its table. */
export function closeListener(listener: Listener): void {
  if (--listener.references > 0) return;
  if (first == listener) first = listener.next;
  else {
    let before = first;
    while (before && before.next != listener) before = before.next;
    if (before) before.next = listener.next;
  }
  const table = listener.table;
  if (table) dropTable(table);
  tellCounts(listener.counts, listener.name);
  clearGauges(listener.gauges);
  tellGauges(listener.gauges, listener.name);
  heap.free(listener.counts);
  heap.free(listener.gauges);
  if (listener.standsInFor) release(listener.standsInFor!);
  if (listener.code) release(listener.code!);
  if (listener.followed) release(listener.followed!);
  release(listener.name);
  heap.free(changetype<usize>(listener));
}

/** What codecs are called with for its connections: the protocol; of a declared one, the address of where its program's stands. */
export function codecOf(listener: Listener): Protocol {
  if (listener.protocol != Protocol.DECLARED) return listener.protocol;
  return <Protocol>(<i32>changetype<usize>(listener) + <i32>offsetof<Listener>("program"));
}

/** Before connections are measured. */
export function clearListeners(): void {
  let listener = first;
  while (listener) {
    clearGauges(listener.gauges);
    listener = listener.next;
  }
}

/** Tells the host what was counted, and what was measured since `clearListeners`. `alive`: false when this VM is about to go. */
export function tellListeners(time_us: u64, alive: bool): void {
  if (!openLedger()) forgetAllTold();
  let listener = first;
  while (listener) {
    tellCounts(listener.counts, listener.name);
    tellGauges(listener.gauges, listener.name);
    listener = listener.next;
  }
  tellGates();
  tellHosts();
  tellMemory(alive);
  if (!closeLedger(time_us)) forgetAllTold();
  takeBackDead(time_us);
}

/** From now on this table holds, for connections that exist too. */
export function setTable(listener: Listener, table: Table): void {
  const former = listener.table;
  const authorization = table.authorization;
  if (authorization) chooseForNode(authorization);
  listener.table = table;
  listener.program = table.program;
  takeUpDetections(table);
  if (former) dropTable(former);
}

function dropTable(table: Table): void {
  letGoDetections(table);
  freeTable(table);
}

function forgetAllTold(): void {
  let listener = first;
  while (listener) {
    forgetTold(listener.gauges);
    listener = listener.next;
  }
  forgetGatesTold();
  forgetHostsTold();
  forgetMemoryTold();
}

export function count(listener: Listener, which: Count): void {
  addCount(listener.counts, which, 1);
}

export function countMore(listener: Listener, which: Count, by: u32): void {
  addCount(listener.counts, which, by);
}

export function countClosed(listener: Listener, reason: i32): void {
  addCount(listener.counts, Count.CLOSED + reason, 1);
}

export function countReply(listener: Listener, code: ReplyCode): void {
  addCount(listener.counts, Count.REPLIED + code, 1);
}

/** Rare, and to be seen also where nothing ticks: in a VM whose only configuration was refused. */
export function countConfigUpdate(listener: Listener, accepted: bool): void {
  addCount(listener.counts, accepted ? Count.CONFIG_ACCEPTED : Count.CONFIG_REJECTED, 1);
  tellCounts(listener.counts, listener.name);
}
