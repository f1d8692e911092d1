import { configError, configErrorBytes, readTable } from "../config/config";
import { Region } from "../host/arena";
import { Buffer, closeDownstream, downstreamBytes, enterConnection, fetch, fetched } from "../host/buffer";
import { now_us } from "../host/clock";
import { LogLevel, logBytes } from "../host/log";
import { drainQueue, registerQueue, wake } from "../host/queue";
import { tickEvery } from "../host/timer";
import { writeAscii } from "../memory/ascii";
import { getId, IdTable, newIdTable, putId, removeId } from "../memory/id-table";
import { FLUSH_PERIOD_MS, MAX_VISITS } from "../memory/limits";
import { nameBytes } from "../memory/name";
import { freeTable, Table } from "../route/table";
import { moveClock } from "./age";
import {
  Carried,
  callsOf,
  closeDoomed,
  freeCarried,
  newCarried,
  noteCarriedClosed,
  sweepCarried,
} from "./carried/carried";
import { Connection, freeConnection, newConnection, newestWoken, noteClosed, takeWoken } from "./connection";
import { Count } from "./count";
import { keepTicking, stopTicking } from "./deadline";
import { flushFailures } from "./failure";
import { introduce } from "./introduce";
import { CloseReason } from "./label";
import { clearListeners, closeListener, count, countConfigUpdate, Listener, setTable, tellListeners } from "./listener";
import { measure, measureCarried } from "./measure";
import { Mode } from "./mode";
import { isFit, listenerOfPlugin, suits } from "./plugin";
import { abandonAsks, hearAnswer, missAnswer, sweepAsks } from "./policies/ask";
import { callWaiting } from "./policies/circuit-breaker";
import { sweepHosts } from "./policies/outlier-detection";
import { onWoken } from "./request";
import { tellFlags } from "./response-flags";
import { rootContext, setRootContext } from "./root-context";
import { flushSeries } from "./series";
import { noteStandIn, relieveStandIns } from "./stand-in";
import { announce, followSuccessors } from "./succession";
import { sweep } from "./sweep";
import { endOverdue } from "./timeout";
import { readLogLevel, tracing } from "./trace";

/** What the host's context ids stand for: root contexts are listeners (once configured), the others connections. */
const roots: IdTable = newIdTable();
const connections: IdTable = newIdTable();
/** The connections that tcp_proxy carries: listeners of mode `connection` and `observe`. */
const carried: IdTable = newIdTable();

/** The text that is being read. */
let configuration: usize = 0;

let lastFlush_us: u64 = 0;
/** By how much a tick may come early. */
const FLUSH_SLACK_MS: u32 = 50;

/** Null: a connection that was refused when it came, and is being closed. */
export function connectionOf(context: u32): Connection | null {
  return changetype<Connection | null>(getId(connections, context));
}

export function carriedOf(context: u32): Carried | null {
  return changetype<Carried | null>(getId(carried, context));
}

/** A new root context (no parent; `configure` makes something of it), or a new connection of the root context `parent`. */
export function createContext(context: u32, parent: u32): void {
  if (parent == 0) return;
  const listener = changetype<Listener | null>(getId(roots, parent));
  if (!listener) return;
  if (listener.mode == Mode.CALL) putId(connections, context, changetype<usize>(newConnection(context, listener)));
  else putId(carried, context, changetype<usize>(newCarried(context, listener)));
}

/**
 * Whether the filters behind are to be told of the connection now. Not if it is refused (the host was told to close it), nor if
 * tcp_proxy is to find its cluster first: it looks for that when it is told.
 */
export function acceptConnection(context: u32): bool {
  const listener = listenerOf(context);
  if (!listener) {
    closeDownstream();
    return false;
  }
  count(listener, Count.CONNECTIONS);
  if (tracing) introduceContext(context, "accepted");
  return listener.mode != Mode.CONNECTION;
}

function introduceContext(context: u32, event: string): void {
  const connection = connectionOf(context);
  if (connection) {
    const listener = connection.listener;
    connection.traceId = introduce(context, event, listener, connection.callCount, connection.tunnelCount);
  }
  const other = carriedOf(context);
  if (other) other.traceId = introduce(context, event, other.listener, callsOf(other), 0);
}

function listenerOf(context: u32): Listener | null {
  const connection = connectionOf(context);
  if (connection) return connection.listener;
  const other = carriedOf(context);
  return other ? other.listener : null;
}

/** The connection of `context` has ended, by the client or by this side. */
export function connectionClosed(context: u32, byClient: bool): void {
  const connection = connectionOf(context);
  if (connection) {
    noteClosed(connection, byClient);
    if (connection.flags) tellFlags(connection);
  }
  const other = carriedOf(context);
  if (other) noteCarriedClosed(other, byClient);
}

export function deleteContext(context: u32): void {
  const connection = connectionOf(context);
  if (connection) {
    removeId(connections, context);
    freeConnection(connection);
    return;
  }
  const other = carriedOf(context);
  if (other) {
    removeId(carried, context);
    freeCarried(other);
    return;
  }
  const listener = changetype<Listener | null>(getId(roots, context));
  if (!listener) return;
  removeId(roots, context);
  closeListener(listener);
}

/** What goes with the root context: its ticks, the calls that were made for it, and the queue if it registered that. */
export function contextDone(context: u32): void {
  stopTicking(context);
  if (context == rootContext()) leaveRoot(context);
  abandonAsks(context);
}

function leaveRoot(context: u32): void {
  const next = anyRootBut(context);
  if (!next || !enterConnection(next)) {
    setRootContext(0);
    clearListeners();
    tell(now_us(), false);
    return;
  }
  setRootContext(next);
  registerQueue();
  enterConnection(context);
}

function anyRootBut(context: u32): u32 {
  for (let i: u32 = 0; i <= roots.mask; i++) {
    const id = load<u32>(roots.slots + ((<usize>i) << 3));
    if (id && id != context) return id;
  }
  return 0;
}

/**
 * Reads the configuration of root context `root`. A valid one is in force at once, for connections that exist too; an
 * invalid one is refused as a whole, and what was in force stays.
 */
export function configure(root: u32, bytes: u32): bool {
  const listener = listenerOfPlugin();
  const table = isFit() ? tableOfPlugin(listener, bytes) : null;
  countConfigUpdate(listener, table != null);
  if (!table) {
    logRefusal(listener);
    closeListener(listener);
    return false;
  }
  setTable(listener, table);
  announce(listener, configuration, fetched);
  noteStandIn(listener);
  relieveStandIns(listener, configuration, fetched);
  const before = changetype<Listener | null>(getId(roots, root));
  if (before) {
    removeId(roots, root);
    closeListener(before);
  }
  putId(roots, root, changetype<usize>(listener));
  setRootContext(root);
  moveClock();
  registerQueue();
  tickEvery(FLUSH_PERIOD_MS);
  readLogLevel();
  return true;
}

/** Null: refused, `configError` says why. */
function tableOfPlugin(listener: Listener, bytes: u32): Table | null {
  configuration = bytes ? fetch(Buffer.PLUGIN_CONFIGURATION, 0, bytes, Region.MAIN) : 0;
  const table = readTable(configuration, configuration ? fetched : 0, listener.protocol);
  if (!table || suits(listener.mode, table)) return table;
  freeTable(table);
  return null;
}

function logRefusal(listener: Listener): void {
  const text = heap.alloc(listener.name.length + configErrorBytes + 64);
  let out = writeAscii(text, "meltemi: configuration of listener ");
  memory.copy(out, nameBytes(listener.name), listener.name.length);
  out = writeAscii(out + listener.name.length, " refused: ");
  memory.copy(out, configError, configErrorBytes);
  out += configErrorBytes;
  logBytes(LogLevel.ERROR, text, <u32>(out - text));
  heap.free(text);
}

/** The visits that `wakeConnection` asked for, one to each connection: what it passes on goes when this callback is over. */
export function visitWoken(root: u32): void {
  drainQueue();
  callWaiting();
  keepTicking(root);
  const last = newestWoken();
  let visits: u32 = 0;
  for (let connection = takeWoken(); connection; connection = takeWoken()) {
    if (enterConnection(connection.id)) {
      if (connection.closing != CloseReason.NONE) closeDownstream();
      else onWoken(connection, downstreamBytes());
    }
    if (connection == last || ++visits == MAX_VISITS) break;
  }
  if (newestWoken()) wake();
  closeDoomed();
}

/** `introducing`: lines about connections are wanted from now on. */
function sweepConnections(introducing: bool): void {
  for (let i: u32 = 0; i <= connections.mask; i++) {
    const connection = changetype<Connection | null>(<usize>load<u32>(connections.slots + ((<usize>i) << 3), 4));
    if (!connection) continue;
    if (introducing && enterConnection(connection.id)) introduceContext(connection.id, "seen");
    sweep(connection);
    measure(connection);
  }
  for (let i: u32 = 0; i <= carried.mask; i++) {
    const other = changetype<Carried | null>(<usize>load<u32>(carried.slots + ((<usize>i) << 3), 4));
    if (!other) continue;
    if (introducing && enterConnection(other.id)) introduceContext(other.id, "seen");
    sweepCarried(other);
    measureCarried(other);
  }
}

/** Each root context ticks; what is due is done once. */
export function tick(root: u32): void {
  const time_us = now_us();
  endOverdue(<u32>(time_us / 1000));
  keepTicking(root);
  if (time_us - lastFlush_us < <u64>(FLUSH_PERIOD_MS - FLUSH_SLACK_MS) * 1000) return;
  lastFlush_us = time_us;
  moveClock();
  followSuccessors();
  clearListeners();
  sweepAsks(<u32>(time_us / 1000));
  sweepConnections(readLogLevel());
  sweepHosts();
  tell(time_us, true);
  // Should the queue ever fail, this is late, but not never.
  visitWoken(root);
}

/** What was counted and measured goes to the host. `alive`: false when this VM is about to go. */
function tell(time_us: u64, alive: bool): void {
  flushSeries();
  flushFailures();
  tellListeners(time_us, alive);
}

/** The answer to a gRPC call has come, of `bytes`. */
export function receiveGrpc(token: u32, bytes: u32): void {
  hearAnswer(token, bytes, <u32>(now_us() / 1000));
}

/** A gRPC call has ended without one. */
export function closeGrpc(token: u32): void {
  missAnswer(token);
}
