import { asciiOf } from "../../memory/ascii";
import { ARGUMENT_WINDOW_BYTES } from "../../memory/limits";
import { State } from "../../memory/state";
import { clearSlots, Demand, fillBuiltin } from "../attributes";
import { keepAll } from "../keep";
import { Kind, Message } from "../message";
import { more, refuse } from "../outcome";
import { Reason, Step } from "../step";
import { argumentsAt, argumentsNeed, argumentsReason, readArguments, startArguments } from "./arguments";
import { MESSAGE_TYPE, METHOD, SERVICE } from "./attributes";
import { CALL, ONE_WAY, Protocol, Transport } from "./dialect";
import { decodeHead, head, setEcho } from "./head";
import { fillFromHeader } from "./header";

import { beginParts, decodePart, isOpen } from "./parts";
import { newSkip, Skip, startStruct } from "./skip";

const COLON: u32 = 0x3a;

const callText: usize = asciiOf("call");
const oneWayText: usize = asciiOf("oneway");

/** Of the message under decoding. */
const stack: Skip = newSkip();

/**
 * Decodes what a client sent at `p`, of which `n` bytes are in memory. Nothing behind the head is looked at unless an argument is wanted, or
 * the end of an unframed message.
 *
 *     state.word1    2^32 + the seqid of the call before; 0: there was none
 */
export function decodeRequest(
  state: State,
  p: usize,
  n: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  if (isOpen(state)) return decodePart(state, p, n, maxMessageBytes, message);
  clearSlots(demand.slotCount);
  let step = decodeHead(p, n, maxMessageBytes, message);
  if (step != Step.DONE) return step;
  message.kind = kindOf(head.type);
  if (message.kind != Kind.ANSWER) {
    step = readNames(p, demand, message);
    if (step != Step.DONE) return step;
  }
  const wantsArguments = demand.placedCount > 0 && message.kind != Kind.ANSWER;
  if (head.transport == Transport.UNFRAMED) {
    step = decodeUnframed(state, p, n, maxMessageBytes, wantsArguments, demand, message);
  } else if (wantsArguments && head.protocol != Protocol.UNREADABLE) {
    step = decodeArguments(p, n, demand, message);
  }
  return step == Step.DONE ? finish(state, message) : step;
}

/** What is packed may be a call of either kind: that an answer comes is what most expect. */
function kindOf(type: u32): Kind {
  if (type == ONE_WAY) return Kind.ONE_WAY;
  return type == CALL || !type ? Kind.CALL : Kind.ANSWER;
}

/** What the head tells of a call: its service and method, and the keys of THeader. */
function readNames(p: usize, demand: Demand, message: Message): Step {
  const name = p + head.nameAt;
  const end = name + head.nameBytes;
  let colon = name;
  while (colon < end && load<u8>(colon) != COLON) colon++;
  if (colon < end) {
    message.service = name;
    message.serviceBytes = <u32>(colon - name);
    fillBuiltin(demand, SERVICE, name, message.serviceBytes);
    message.method = colon + 1;
  } else message.method = name;
  message.methodBytes = <u32>(end - message.method);
  setEcho(message);
  if (head.type) {
    fillBuiltin(demand, METHOD, message.method, message.methodBytes);
    if (message.kind == Kind.CALL) fillBuiltin(demand, MESSAGE_TYPE, callText, 4);
    else fillBuiltin(demand, MESSAGE_TYPE, oneWayText, 6);
  }
  return demand.namedCount && head.transport == Transport.HEADER ? fillFromHeader(p, demand, message) : Step.DONE;
}

function decodeArguments(p: usize, n: u32, demand: Demand, message: Message): Step {
  startArguments(stack, head.protocol);
  const step = readArguments(stack, p, head.bodyAt, n, message.total, false, demand);
  if (step == Step.DONE) return step;
  if (step == Step.BAD) return refuse(message, argumentsReason);
  keepAll(demand.slotCount, message);
  if (head.transport != Transport.HEADER) message.echo = message.method;
  message.scanAt = argumentsAt;
  return Step.SCAN;
}

/**
 * Goes on where `decodeRequest` or the last scan of the same message stopped: `p` holds the `n` bytes of the message from
 * `message.scanAt` on.
 */
export function scanRequest(state: State, p: usize, n: u32, demand: Demand, message: Message): Step {
  const step = readArguments(stack, p, 0, n, message.total - message.scanAt, true, demand);
  if (step == Step.DONE) return finish(state, message);
  if (step == Step.BAD) return refuse(message, argumentsReason);
  message.scanAt += argumentsAt;
  return Step.SCAN;
}

/**
 * The call goes on to its upstream before its end is here, so only what lies in its first ARGUMENT_WINDOW_BYTES is looked at, and waited for:
 * an argument that ends behind them is absent.
 */
function decodeUnframed(
  state: State,
  p: usize,
  n: u32,
  maxMessageBytes: u32,
  wantsArguments: bool,
  demand: Demand,
  message: Message,
): Step {
  let at = head.bodyAt;
  if (wantsArguments) {
    startArguments(stack, head.protocol);
    const step = readArguments(stack, p, at, min(n, ARGUMENT_WINDOW_BYTES), u32.MAX_VALUE, false, demand);
    if (step == Step.MORE && argumentsNeed <= ARGUMENT_WINDOW_BYTES) return more(message, argumentsNeed);
    if (step == Step.BAD && argumentsReason != Reason.ATTRIBUTE_TOO_LONG) return refuse(message, argumentsReason);
    at = argumentsAt;
  } else startStruct(stack, head.protocol);
  return beginParts(state, stack, p, at, n, maxMessageBytes, message);
}

/** A client that numbers its calls all alike reads the answers in the order of its calls. */
function finish(state: State, message: Message): Step {
  if (message.kind != Kind.CALL || head.protocol == Protocol.UNREADABLE) return Step.DONE;
  const number = ((<u64>1) << 32) | message.id;
  if (state.word1 == number) message.ordered = true;
  state.word1 = number;
  return Step.DONE;
}
