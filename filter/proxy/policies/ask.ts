import {
  Code,
  limitRemaining,
  overallCode,
  readResponse,
  untilReset_ms,
  writeHits,
} from "../../encoding/rate-limit-service";
import { callGrpc, fetchGrpc } from "../../host/grpc";
import { asciiOf } from "../../memory/ascii";
import { hashOn } from "../../memory/bytes";
import { getId, IdTable, newIdTable, putId, removeId } from "../../memory/id-table";
import { dropBlock, keepBlock } from "../../memory/kept";
import { getKey, KeyTable, newKeyTable, putKey, removeKey } from "../../memory/key-table";
import { LAST_SECOND_OVER_LIMIT_MS, MAX_ASKS, MAX_OVER_LIMIT_MS, PART_OF_REMAINING } from "../../memory/limits";
import { intern, Name, release } from "../../memory/name";
import { Connection } from "../connection";
import { Count } from "../count";
import { releaseCall } from "../hold";
import { Kept } from "../kept-call";
import { count } from "../listener";
import { random32 } from "../random";
import { rootContext } from "../root-context";

/**
 * What rate limit services are asked. Calls about which a service would be asked the same (cluster, domain, descriptors) have an `Ask` in common:
 * while it is under way further ones wait, and are asked about together, with their number as `hits_addend`. An answer holds for all calls
 * of its request. So that it is right for each of them, only so few ask together that the limit has room for them by far, as the service has last
 * said; near its end each call asks for itself.
 */
@unmanaged
export class Ask {
  key: u64;
  cluster: Name;
  /** The request without `hits_addend`. */
  bytes: usize;
  length: u32;
  timeout_ms: u32;
  /** Requests under way. */
  requests: u32;
  /** Calls that wait for the next request. */
  waiting: u32;
  firstWaiter: Waiter | null;
  lastWaiter: Waiter | null;
  /** What the service has last said to be left. */
  remaining: u32;
  /** It is known to say no until then. */
  overLimit: bool;
  overLimitUntil_ms: u32;
}

/** A call that waits. It may be gone: then `kept` has another serial number. */
@unmanaged
class Waiter {
  next: Waiter | null;
  kept: Kept;
  serial: u32;
}

@unmanaged
class Request {
  next: Request | null;
  ask: Ask;
  root: u32;
  waiters: Waiter | null;
}

/** What became of the question about a call. */
export enum Verdict {
  NONE,
  ALLOWED,
  LIMITED,
  FAILED,
}

let asks: KeyTable | null = null;
/** By the host's token. */
const requests: IdTable = newIdTable();
let freeWaiter: Waiter | null = null;
let freeRequest: Request | null = null;

const service: usize = asciiOf("envoy.service.ratelimit.v3.RateLimitService");
const SERVICE_BYTES: u32 = 43;
const method: usize = asciiOf("ShouldRateLimit");
const METHOD_BYTES: u32 = 15;
const request: usize = memory.data(16384 + 16); // MAX_ASK_BYTES and the hits

/** The ask of these bytes, made if there is none; null: there are too many. */
export function askOf(cluster: usize, clusterBytes: u32, bytes: usize, length: u32, timeout_ms: u32): Ask | null {
  let table = asks;
  if (!table) {
    table = newKeyTable(((<u64>random32()) << 32) | random32());
    asks = table;
  }
  // Whose seed is a secret: nobody can make up descriptors that pass for others'.
  const key = hashOn(hashOn(table.seed, cluster, clusterBytes), bytes, length) | 1;
  const known = getKey(table, key);
  if (known) return changetype<Ask>(known);
  if (table.used >= MAX_ASKS) return null;
  const block = keepBlock(length);
  if (!block) return null;
  memory.copy(block, bytes, length);
  const ask = changetype<Ask>(heap.alloc(offsetof<Ask>()));
  memory.fill(changetype<usize>(ask), 0, offsetof<Ask>());
  ask.key = key;
  ask.cluster = intern(cluster, clusterBytes);
  ask.bytes = block;
  ask.length = length;
  ask.timeout_ms = timeout_ms;
  putKey(table, key, changetype<usize>(ask));
  return ask;
}

/** Whether the service is known to say no at `time_ms`. */
export function isOverLimit(ask: Ask, time_ms: u32): bool {
  if (ask.overLimit && ask.overLimitUntil_ms - time_ms - 1 >= MAX_OVER_LIMIT_MS) ask.overLimit = false;
  return ask.overLimit;
}

/** The call, which is held, waits for the answer. */
export function awaitAnswer(ask: Ask, kept: Kept): void {
  let waiter = freeWaiter;
  if (waiter) freeWaiter = waiter.next;
  else waiter = changetype<Waiter>(heap.alloc(offsetof<Waiter>()));
  waiter.next = null;
  waiter.kept = kept;
  waiter.serial = kept.serial;
  const last = ask.lastWaiter;
  if (last) last.next = waiter;
  else ask.firstWaiter = waiter;
  ask.lastWaiter = waiter;
  ask.waiting++;
}

/** Asks about those that wait, unless an answer is awaited. `context`: whom host calls mean afterwards. */
export function askIfIdle(ask: Ask, context: u32): void {
  if (ask.requests) return;
  while (ask.waiting) send(ask, context);
}

function send(ask: Ask, context: u32): void {
  const most = max<u32>(ask.remaining / PART_OF_REMAINING, 1);
  let hits: u32 = 0;
  let connection: Connection | null = null;
  const first = ask.firstWaiter;
  let last: Waiter | null = null;
  let waiter = first;
  while (waiter && hits < most) {
    if (isThere(waiter)) {
      hits++;
      connection = changetype<Connection>(waiter.kept.connection);
    }
    ask.waiting--;
    last = waiter;
    waiter = waiter.next;
  }
  ask.firstWaiter = waiter;
  if (!waiter) ask.lastWaiter = null;
  if (last) last.next = null;
  if (!connection) {
    settle(first, Verdict.FAILED);
    return;
  }
  memory.copy(request, ask.bytes, ask.length);
  const bytes = <u32>(writeHits(request + ask.length, hits) - request);
  const root = rootContext();
  const token = callGrpc(
    root,
    context,
    ask.cluster,
    service,
    SERVICE_BYTES,
    method,
    METHOD_BYTES,
    request,
    bytes,
    ask.timeout_ms,
  );
  count(connection.listener, Count.RATE_LIMIT_REQUESTS);
  if (token) note(token, ask, root, first);
  else settle(first, Verdict.FAILED);
}

function note(token: u32, ask: Ask, root: u32, waiters: Waiter | null): void {
  let one = freeRequest;
  if (one) freeRequest = one.next;
  else one = changetype<Request>(heap.alloc(offsetof<Request>()));
  one.next = null;
  one.ask = ask;
  one.root = root;
  one.waiters = waiters;
  ask.requests++;
  putId(requests, token, changetype<usize>(one));
}

function isThere(waiter: Waiter): bool {
  return waiter.kept.serial == waiter.serial;
}

/** The calls go on with this verdict, but for those that are gone. */
function settle(first: Waiter | null, verdict: Verdict): void {
  let waiter = first;
  while (waiter) {
    const next = waiter.next;
    if (isThere(waiter)) {
      waiter.kept.verdict = verdict;
      releaseCall(waiter.kept);
    }
    waiter.next = freeWaiter;
    freeWaiter = waiter;
    waiter = next;
  }
}

/** The service has answered with a message of `bytes`. */
export function hearAnswer(token: u32, bytes: u32, time_ms: u32): void {
  const one = take(token);
  if (!one) return;
  const message = fetchGrpc(bytes);
  // An empty message is one without a code.
  const heard = (message || !bytes) && readResponse(message, message + bytes);
  const ask = one.ask;
  let verdict = Verdict.FAILED;
  if (heard && overallCode == Code.OK) verdict = Verdict.ALLOWED;
  else if (heard && overallCode == Code.OVER_LIMIT) verdict = Verdict.LIMITED;
  ask.remaining = verdict == Verdict.ALLOWED ? limitRemaining : 0;
  if (verdict == Verdict.LIMITED && untilReset_ms) {
    ask.overLimit = true;
    ask.overLimitUntil_ms = time_ms + surelyOverLimit_ms(untilReset_ms);
  }
  end(one, verdict);
}

/**
 * Services say whole seconds, counted from when the present one has begun: up to a second too many. Where they were taken at their word, a limit
 * that is exceeded at the end of its second would lose the next one.
 */
function surelyOverLimit_ms(untilReset_ms: u32): u32 {
  const sure = untilReset_ms % 1000 ? untilReset_ms : max(untilReset_ms - 1000, LAST_SECOND_OVER_LIMIT_MS);
  return min(sure, MAX_OVER_LIMIT_MS);
}

/** The call to the service has ended without an answer. */
export function missAnswer(token: u32): void {
  const one = take(token);
  if (!one) return;
  one.ask.remaining = 0;
  end(one, Verdict.FAILED);
}

/** The root context goes, and with it the calls that were made for it. */
export function abandonAsks(root: u32): void {
  for (let i: u32 = 0; i <= requests.mask; ) {
    const slot = requests.slots + ((<usize>i) << 3);
    const token = load<u32>(slot);
    // What is behind it moves up when it goes.
    if (token && changetype<Request>(<usize>load<u32>(slot, 4)).root == root) missAnswer(token);
    else i++;
  }
}

function take(token: u32): Request | null {
  const one = changetype<Request | null>(getId(requests, token));
  if (one) removeId(requests, token);
  return one;
}

function end(one: Request, verdict: Verdict): void {
  const ask = one.ask;
  ask.requests--;
  settle(one.waiters, verdict);
  one.next = freeRequest;
  freeRequest = one;
  askIfIdle(ask, 0);
}

/** Forgets what is of no more use: to be called once a second. */
export function sweepAsks(time_ms: u32): void {
  const table = asks;
  if (!table) return;
  for (let i: u32 = 0; i <= table.mask; ) {
    const slot = table.slots + ((<usize>i) << 4);
    const ask = changetype<Ask | null>(<usize>load<u32>(slot, 8));
    if (load<u64>(slot) && ask && !ask.requests && !ask.waiting && !isOverLimit(ask, time_ms)) {
      removeKey(table, ask.key);
      release(ask.cluster);
      dropBlock(ask.bytes, ask.length);
      heap.free(changetype<usize>(ask));
    } else i++;
  }
}
