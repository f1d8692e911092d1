import { Kind, message } from "../codec/message";
import { MAX_CALLS_PER_CONNECTION, MAX_HELD_MESSAGE_BYTES } from "../memory/limits";
import { Connection, wakeConnection } from "./connection";
import { arm, disarm } from "./deadline";
import { freeKept, Kept, keepMessage, newKept } from "./kept-call";
import { Lead } from "./lead";
import { Stage } from "./policies/stage";
import { read, readTime_ms } from "./read";
import { resumed } from "./resumed";
import { addNumber, addWord, beginLine, endLine, tracing } from "./trace";

/**
 * A call that has to wait before it is sent, for a time or for somebody's answer. Its message is kept and the connection goes on. Where
 * that cannot be (answers come in order, so the calls behind it would overtake it at the upstream; it opens a stream; it is too long) it
 * stays at the front of the connection's read, and what is behind it waits, too.
 */

/** How far the call in `message` has come. */
export function stageOf(connection: Connection): Stage {
  const kept = resumed;
  return kept ? kept.stage : connection.stage;
}

export function setStage(connection: Connection, stage: Stage): void {
  const kept = resumed;
  if (kept) kept.stage = stage;
  else connection.stage = stage;
}

/** What is known of the call in `message` since it was held; null: it was not. */
export function heldCall(connection: Connection): Kept | null {
  return resumed || connection.front;
}

/**
 * Whether all of the message is in the read, as far as it has to be for `hold` to keep it. False: it is awaited, and the call is to be led
 * again then.
 */
export function isWhole(connection: Connection, maxBytes: u32): bool {
  const here = read.size - read.at;
  if (resumed || message.total > maxBytes) return true;
  if (message.open) {
    // How long it is, nobody knows yet.
    if (here >= maxBytes) return true;
    connection.wanted = here + 1;
    return false;
  }
  if (message.total <= here) return true;
  connection.wanted = message.total;
  return false;
}

/**
 * Holds the call in `message`, whose stage is the one to go on with: until `until_ms` by the clock of `readTime_ms`, or, with 0, until
 * `releaseCall`. `heldCall` is what is to be released. `flag`: Envoy's response flag for the reason.
 */
export function hold(connection: Connection, stage: Stage, until_ms: u32, flag: string): Lead {
  let kept = resumed;
  let lead = Lead.HELD;
  if (!kept) {
    kept = mayKeep(connection) ? keepMessage() : null;
    if (kept) enlistNew(connection, kept);
    else {
      kept = connection.front || newKept();
      connection.front = kept;
      lead = Lead.LATER;
    }
  }
  kept.connection = changetype<usize>(connection);
  makeUnready(connection, kept);
  setStage(connection, stage);
  kept.stage = stage;
  if (kept.timed) disarm(kept);
  if (until_ms) arm(kept, readTime_ms(), until_ms);
  if (tracing) traceHeld(connection.traceId, lead, flag);
  return lead;
}

function mayKeep(connection: Connection): bool {
  return (
    !connection.ordered &&
    !message.open &&
    !message.opensStream &&
    message.total <= MAX_HELD_MESSAGE_BYTES &&
    message.total <= read.size - read.at &&
    connection.callCount + connection.swallowing < MAX_CALLS_PER_CONNECTION
  );
}

function enlistNew(connection: Connection, kept: Kept): void {
  kept.awaited = message.kind == Kind.CALL;
  if (kept.awaited) {
    kept.order = ++connection.orders;
    connection.callCount++;
  }
  enlist(connection, kept);
}

/** What a held call has waited for is there. */
export function releaseCall(kept: Kept): void {
  makeReady(changetype<Connection>(kept.connection), kept);
}

/** The kept call goes on with the next visit of its connection. */
export function makeReady(connection: Connection, kept: Kept): void {
  if (!kept.ready && kept != connection.front) connection.readyCalls++;
  kept.ready = true;
  wakeConnection(connection);
}

function makeUnready(connection: Connection, kept: Kept): void {
  if (kept.ready && kept != connection.front) connection.readyCalls--;
  kept.ready = false;
}

/** The kept call waits in its connection, behind those that do already. */
export function enlist(connection: Connection, kept: Kept): void {
  const last = connection.lastWaiting;
  kept.previous = last;
  kept.next = null;
  if (last) last.next = kept;
  else connection.firstWaiting = kept;
  connection.lastWaiting = kept;
}

/** It waits no longer. */
export function delist(connection: Connection, kept: Kept): void {
  makeUnready(connection, kept);
  const before = kept.previous;
  const after = kept.next;
  if (before) before.next = after;
  else connection.firstWaiting = after;
  if (after) after.previous = before;
  else connection.lastWaiting = before;
}

/** The call at the front of the read is settled: what is known of its stages is of no use to the next one. */
export function endStages(connection: Connection): void {
  connection.stage = Stage.BEGIN;
  const front = connection.front;
  if (!front) return;
  connection.front = null;
  freeKept(front);
}

function traceHeld(connection: u64, lead: Lead, flag: string): void {
  beginLine(connection, "held");
  addNumber(" id=", message.id);
  addWord(" where=", lead == Lead.HELD ? "aside" : "front");
  addWord(" flags=", flag);
  endLine();
}
