import { asciiOf } from "../memory/ascii";
import { equalBytes } from "../memory/bytes";
import { State } from "../memory/state";
import { Done } from "./act";
import { Demand } from "./attributes";
import * as brpc from "./brpc/codec";
import { Caller } from "./caller";
import * as declared from "./declared/codec";
import { Detection } from "./detection";
import * as dubbo from "./dubbo/codec";
import { refuseEdit } from "./edits";
import { Message } from "./message";
import * as redis from "./redis/codec";
import { ReplyCode } from "./reply";
import { Reason, Step } from "./step";
import * as tars from "./tars/codec";
import * as thrift from "./thrift/codec";
import * as trpc from "./trpc/codec";

/** The protocols, by number: a call costs a switch, not a table of functions. Every `codec/<protocol>` has the same surface. */
export enum Protocol {
  UNKNOWN = -1,
  DUBBO = 0,
  THRIFT = 1,
  TARS = 2,
  TRPC = 3,
  BRPC = 4,
  REDIS = 5,
  /**
   * One that a resource declares. The functions below take the address of where the address of its program stands, which is greater than
   * any number here: the program changes with the table, and connections go on.
   */
  DECLARED = 6,
  /** One of several, told by a connection's first bytes. Until then there is nothing to decode or to write. */
  AUTO = 7,
}

const dubboName: usize = asciiOf("dubbo");
const thriftName: usize = asciiOf("thrift");
const tarsName: usize = asciiOf("tars");
const trpcName: usize = asciiOf("trpc");
const brpcName: usize = asciiOf("brpc");
const redisName: usize = asciiOf("redis");
const declaredName: usize = asciiOf("declared");
const autoName: usize = asciiOf("auto");

export function protocolOf(name: usize, length: u32): Protocol {
  if (length == 5 && equalBytes(name, dubboName, 5)) return Protocol.DUBBO;
  if (length == 6 && equalBytes(name, thriftName, 6)) return Protocol.THRIFT;
  if (length == 4 && equalBytes(name, tarsName, 4)) return Protocol.TARS;
  if (length == 4 && equalBytes(name, trpcName, 4)) return Protocol.TRPC;
  if (length == 4 && equalBytes(name, brpcName, 4)) return Protocol.BRPC;
  if (length == 5 && equalBytes(name, redisName, 5)) return Protocol.REDIS;
  if (length == 8 && equalBytes(name, declaredName, 8)) return Protocol.DECLARED;
  if (length == 4 && equalBytes(name, autoName, 4)) return Protocol.AUTO;
  return Protocol.UNKNOWN;
}

/** Whether this is what stands for a declared protocol. */
function isDeclared(protocol: i32): bool {
  return protocol > Protocol.AUTO;
}

/** Whether a connection's first bytes can tell that it speaks this protocol. */
export function isDetectable(protocol: i32): bool {
  return protocol != Protocol.UNKNOWN && protocol != Protocol.AUTO && protocol != Protocol.DECLARED;
}

/** Whether a connection that begins with the `n` bytes at `p`, at least one, speaks this protocol. */
export function detect(protocol: i32, p: usize, n: u32): Detection {
  switch (protocol) {
    case Protocol.REDIS:
      return redis.detect(p, n);
    case Protocol.BRPC:
      return brpc.detect(p, n);
    case Protocol.THRIFT:
      return thrift.detect(p, n);
    case Protocol.TARS:
      return tars.detect(p, n);
    case Protocol.TRPC:
      return trpc.detect(p, n);
    default:
      return dubbo.detect(p, n);
  }
}

/** Number of the attribute that the protocol itself defines under this name, or -1: one to be found by name. */
export function builtinOf(protocol: i32, name: usize, length: u32): i32 {
  switch (protocol) {
    case Protocol.REDIS:
      return redis.builtinOf(name, length);
    case Protocol.BRPC:
      return brpc.builtinOf(name, length);
    case Protocol.THRIFT:
      return thrift.builtinOf(name, length);
    case Protocol.TARS:
      return tars.builtinOf(name, length);
    case Protocol.TRPC:
      return trpc.builtinOf(name, length);
    case Protocol.DUBBO:
      return dubbo.builtinOf(name, length);
    default:
      return declared.builtinOf(load<usize>(protocol), name, length);
  }
}

/** With a place other than 0 from `placeOf`: bytes of the name that say it. */
export let placePrefixBytes: u32 = 0;

/**
 * Where an attribute is found by name: 0 where the protocol has its map of names to values, else the place that a prefix says, whose
 * length is `placePrefixBytes` then.
 */
export function placeOf(protocol: i32, name: usize, length: u32): i32 {
  switch (protocol) {
    case Protocol.THRIFT:
      placePrefixBytes = thrift.ARGUMENT_PREFIX_BYTES;
      return thrift.placeOf(name, length);
    case Protocol.TARS:
      placePrefixBytes = tars.STATUS_PREFIX_BYTES;
      return tars.placeOf(name, length);
    default:
      return 0;
  }
}

/**
 * Decodes what a client sent at `p`, of which `n` bytes are in memory, at least one; see the codec for each Step. `state` is the client's
 * side of the connection.
 */
export function decodeRequest(
  protocol: i32,
  state: State,
  p: usize,
  n: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  switch (protocol) {
    case Protocol.REDIS:
      return redis.decodeRequest(state, p, n, maxMessageBytes, demand, message);
    case Protocol.BRPC:
      return brpc.decodeRequest(state, p, n, maxMessageBytes, demand, message);
    case Protocol.THRIFT:
      return thrift.decodeRequest(state, p, n, maxMessageBytes, demand, message);
    case Protocol.TARS:
      return tars.decodeRequest(p, n, maxMessageBytes, demand, message);
    case Protocol.TRPC:
      return trpc.decodeRequest(p, n, maxMessageBytes, demand, message);
    case Protocol.DUBBO:
      return dubbo.decodeRequest(p, n, maxMessageBytes, demand, message);
    default:
      return declared.decodeRequest(load<usize>(protocol), p, n, maxMessageBytes, demand, message);
  }
}

/** Goes on after Step.SCAN with the window that begins at `message.scanAt`. */
export function scanRequest(protocol: i32, state: State, p: usize, n: u32, demand: Demand, message: Message): Step {
  switch (protocol) {
    case Protocol.THRIFT:
      return thrift.scanRequest(state, p, n, demand, message);
    case Protocol.TARS:
      return tars.scanRequest(p, n, demand, message);
    default:
      // Others find all they look for at once, and never ask for this.
      return dubbo.scanRequest(p, n, demand, message);
  }
}

/** Decodes the head of what an upstream sent; `state` is the upstream's side of a tunnel. */
export function decodeResponse(protocol: i32, state: State, p: usize, n: u32, message: Message): Step {
  switch (protocol) {
    case Protocol.REDIS:
      return redis.decodeResponse(state, p, n, message);
    case Protocol.BRPC:
      return brpc.decodeResponse(p, n, message);
    case Protocol.THRIFT:
      return thrift.decodeResponse(state, p, n, message);
    case Protocol.TARS:
      return tars.decodeResponse(p, n, message);
    case Protocol.TRPC:
      return trpc.decodeResponse(p, n, message);
    case Protocol.DUBBO:
      return dubbo.decodeResponse(p, n, message);
    default:
      return declared.decodeResponse(load<usize>(protocol), p, n, message);
  }
}

/** Most bytes that a reply has besides its text and its echo, whatever the protocol. */
export const REPLY_OVERHEAD_BYTES: u32 = 1024;

/** To callers it is all the same why somebody has too much to do. */
function toldAs(code: ReplyCode): ReplyCode {
  return code == ReplyCode.OVERFLOW ? ReplyCode.OVERLOADED : code;
}

/** Writes the protocol's own error reply to a call and returns its length. */
export function writeError(
  protocol: i32,
  out: usize,
  caller: Caller,
  why: ReplyCode,
  text: usize,
  textBytes: u32,
): u32 {
  const code = toldAs(why);
  switch (protocol) {
    case Protocol.REDIS:
      return redis.writeError(out, caller, code, text, textBytes);
    case Protocol.BRPC:
      return brpc.writeError(out, caller, code, text, textBytes);
    case Protocol.THRIFT:
      return thrift.writeError(out, caller, code, text, textBytes);
    case Protocol.TARS:
      return tars.writeError(out, caller, code, text, textBytes);
    case Protocol.TRPC:
      return trpc.writeError(out, caller, code, text, textBytes);
    case Protocol.DUBBO:
      return dubbo.writeError(out, caller, code, text, textBytes);
    default:
      return declared.writeError(load<usize>(protocol), out, caller, code, text, textBytes);
  }
}

/** Writes the answer to a heartbeat and returns its length. */
export function writeHeartbeatAnswer(protocol: i32, out: usize, id: u64, dialect: u32): u32 {
  switch (protocol) {
    case Protocol.TARS:
      return tars.writePingAnswer(out, id, dialect);
    default:
      if (isDeclared(protocol)) return declared.writeHeartbeatAnswer(load<usize>(protocol), out, id, dialect);
      return dubbo.writeHeartbeatAnswer(out, id, dialect);
  }
}

/** Writes the notice that no new calls are taken here, and returns its length; 0 where the protocol has none. */
export function writeGoingAway(protocol: i32, out: usize): u32 {
  switch (protocol) {
    case Protocol.DUBBO:
      return dubbo.writeGoingAway(out);
    case Protocol.TARS:
      return tars.writeGoingAway(out);
    default:
      return isDeclared(protocol) ? declared.writeGoingAway(load<usize>(protocol), out) : 0;
  }
}

/** The protocol's status of an error reply. */
export function replyStatus(protocol: i32, why: ReplyCode): u32 {
  const code = toldAs(why);
  switch (protocol) {
    case Protocol.REDIS:
      return redis.replyStatus(code);
    case Protocol.BRPC:
      return brpc.replyStatus(code);
    case Protocol.THRIFT:
      return thrift.replyStatus(code);
    case Protocol.TARS:
      return tars.replyStatus(code);
    case Protocol.TRPC:
      return trpc.replyStatus(code);
    case Protocol.DUBBO:
      return dubbo.replyStatus(code);
    default:
      return declared.replyStatus(load<usize>(protocol), code);
  }
}

/** Whether messages have a place for an attribute of this name that can be changed: one of the protocol's map of names to values. */
export function isMutable(protocol: i32, name: usize, length: u32): bool {
  switch (protocol) {
    case Protocol.DUBBO:
    case Protocol.BRPC:
    case Protocol.TARS:
    case Protocol.TRPC:
      return builtinOf(protocol, name, length) < 0;
    case Protocol.THRIFT:
      return builtinOf(protocol, name, length) < 0 && placeOf(protocol, name, length) == 0;
    default:
      return false;
  }
}

/**
 * Says what becomes of the call at `p` by `rules` (rules.ts), in the registers of edits.ts. It has `total` bytes, of which the first `n` are in
 * memory. MORE: `editNeed` must be. BAD: it cannot be done, for `editReason`.
 */
export function mutateRequest(protocol: i32, p: usize, n: u32, total: u32, rules: usize): Step {
  switch (protocol) {
    case Protocol.BRPC:
      return brpc.mutateRequest(p, n, total, rules);
    case Protocol.THRIFT:
      return thrift.mutateMessage(p, n, total, rules);
    case Protocol.TARS:
      return tars.mutateRequest(p, n, total, rules);
    case Protocol.TRPC:
      return trpc.mutateRequest(p, n, total, rules);
    case Protocol.DUBBO:
      return dubbo.mutateRequest(p, n, total, rules);
    default:
      return refuseEdit(Reason.UNSUPPORTED);
  }
}

/** The same of an answer. */
export function mutateResponse(protocol: i32, p: usize, n: u32, total: u32, rules: usize): Step {
  switch (protocol) {
    case Protocol.BRPC:
      return brpc.mutateResponse(p, n, total, rules);
    case Protocol.THRIFT:
      return thrift.mutateMessage(p, n, total, rules);
    case Protocol.TARS:
      return tars.mutateResponse(p, n, total, rules);
    case Protocol.TRPC:
      return trpc.mutateResponse(p, n, total, rules);
    case Protocol.DUBBO:
      return dubbo.mutateResponse(p, n, total, rules);
    default:
      return refuseEdit(Reason.UNSUPPORTED);
  }
}

/** Whether the rules can be carried out at the answer to the call at `p`, as far as the call's `n` bytes tell. */
export function canMutateAnswer(protocol: i32, p: usize, n: u32, rules: usize): bool {
  switch (protocol) {
    case Protocol.THRIFT:
      return thrift.isHeader(p, n);
    case Protocol.DUBBO:
      return dubbo.canMutateAnswer(p, n, rules);
    default:
      return true;
  }
}

/** Of a call with `message.several`: shows the attributes of the next thing it speaks of; false: there are no more. */
export function nextKey(protocol: i32, demand: Demand): bool {
  return protocol == Protocol.REDIS && redis.nextKey(demand);
}

/** The same call from its first on. */
export function firstKeyAgain(protocol: i32, demand: Demand): void {
  if (protocol == Protocol.REDIS) redis.firstKeyAgain(demand);
}

/** Whether attributes that are found by name can be seen in messages of this dialect (`Message.dialect`), if they are there. */
export function showsNamed(protocol: i32, dialect: u32): bool {
  return protocol != Protocol.DUBBO || dubbo.showsAttachments(dialect);
}

/** Whether a client whose bytes cannot be told apart is told so before it is closed. */
export function saysWhy(protocol: i32): bool {
  return protocol == Protocol.REDIS;
}

/** Which of what was set by Act.SETTLE a new `holds` takes the place of, a bit each. */
export function supersedes(protocol: i32, holds: u32): u32 {
  return protocol == Protocol.REDIS ? redis.supersedes(holds) : 0;
}

/** An upstream has taken the message at `p` of Act.SETTLE: what it set is so for the client's calls to come. */
export function settle(protocol: i32, state: State, p: usize, n: u32, holds: u32): void {
  if (protocol == Protocol.REDIS) redis.settle(state, p, n, holds);
}

/** What an upstream sends from now on comes at any time (Act.LISTEN), and is no answer; or no longer. */
export function listen(protocol: i32, state: State, on: bool): void {
  if (protocol == Protocol.REDIS) redis.listen(state, on);
}

/** Whether it is so: an upstream that shows that it tells news from answers by itself ends it. */
export function isListening(protocol: i32, state: State): bool {
  return protocol == Protocol.REDIS && redis.isListening(state);
}

/** Writes what the filter itself answers to a call that it carries out, and returns its length. */
export function writeDone(protocol: i32, out: usize, done: Done): u32 {
  return protocol == Protocol.REDIS ? redis.writeDone(out, done) : 0;
}

/** Writes what begins a transaction at an upstream, and returns its length. */
export function writeBegin(protocol: i32, out: usize): u32 {
  return protocol == Protocol.REDIS ? redis.writeBegin(out) : 0;
}

/** Writes what ends a transaction at an upstream without effect, and returns its length. */
export function writeDrop(protocol: i32, out: usize): u32 {
  return protocol == Protocol.REDIS ? redis.writeDrop(out) : 0;
}
