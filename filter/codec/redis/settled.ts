import { asciiOf } from "../../memory/ascii";
import { State } from "../../memory/state";
import { Act } from "../act";
import { Message } from "../message";
import { Reason } from "../step";
import { argument, argumentBytes, findArgument, isWord } from "./arguments";
import { Command, Special } from "./commands";

/**
 * What commands set for their connection, in the order in which it is said to a new upstream: who has authenticated may do the rest, and
 * HELLO without credentials is not taken before that.
 */
export enum Holds {
  NOTHING,
  RESET,
  HELLO_AUTH,
  AUTH,
  HELLO,
  SELECT,
  READONLY,
  CLIENT_NAME,
  LIBRARY_NAME,
  LIBRARY_VERSION,
  NO_EVICT,
  NO_TOUCH,
}

/** Which of those a new one takes the place of, a bit each. */
export function supersedes(holds: u32): u32 {
  if (holds == Holds.RESET) return u32.MAX_VALUE;
  if (holds == Holds.HELLO_AUTH) return (1 << Holds.HELLO_AUTH) | (1 << Holds.AUTH) | (1 << Holds.HELLO);
  return 1 << holds;
}

const auth: usize = asciiOf("AUTH");
const setName: usize = asciiOf("SETNAME");
const setInfo: usize = asciiOf("SETINFO");
const libraryName: usize = asciiOf("LIB-NAME");
const libraryVersion: usize = asciiOf("LIB-VER");
const noEvict: usize = asciiOf("NO-EVICT");
const noTouch: usize = asciiOf("NO-TOUCH");
const reply: usize = asciiOf("REPLY");
const tracking: usize = asciiOf("TRACKING");
const caching: usize = asciiOf("CACHING");

/** Says what the whole command at `p`, one of the special ones, does. */
export function judge(command: Command, p: usize, n: u32, message: Message): void {
  switch (command.special) {
    case Special.AUTH:
      message.holds = Holds.AUTH;
      break;
    case Special.HELLO:
      if (findArgument(p, n, 1)) message.holds = userOfHello(p, n) ? Holds.HELLO_AUTH : Holds.HELLO;
      else message.act = Act.NONE; // it only asks
      break;
    case Special.SELECT:
      message.holds = Holds.SELECT;
      break;
    case Special.RESET:
      message.holds = Holds.RESET;
      break;
    case Special.READONLY:
      message.holds = Holds.READONLY;
      break;
    default:
      judgeClient(p, n, message);
  }
}

function judgeClient(p: usize, n: u32, message: Message): void {
  if (!findArgument(p, n, 1)) return;
  if (isWord(reply, 5) || isWord(tracking, 8) || isWord(caching, 7)) {
    message.act = Act.REFUSE;
    message.reason = Reason.UNSUPPORTED;
    return;
  }
  if (isWord(setName, 7)) message.holds = Holds.CLIENT_NAME;
  else if (isWord(noEvict, 8)) message.holds = Holds.NO_EVICT;
  else if (isWord(noTouch, 8)) message.holds = Holds.NO_TOUCH;
  else if (isWord(setInfo, 7) && findArgument(p, n, 2)) {
    if (isWord(libraryName, 8)) message.holds = Holds.LIBRARY_NAME;
    else if (isWord(libraryVersion, 7)) message.holds = Holds.LIBRARY_VERSION;
  }
  if (message.holds) message.act = Act.SETTLE;
}

/** Reads the user of HELLO … AUTH user password: number of that argument, 0 where it has none. */
function userOfHello(p: usize, n: u32): u32 {
  for (let index: u32 = 2; findArgument(p, n, index); index++) {
    if (isWord(auth, 4)) return findArgument(p, n, index + 1) ? index + 1 : 0;
  }
  return 0;
}

/** In `State.block`: [ length u32 | the database ] and [ length u32 | the user ]. */
const MAX_DATABASE_BYTES: u32 = 12;
const MAX_USER_BYTES: u32 = 256;
const USER_AT: usize = 16;
const BLOCK_BYTES: usize = 16 + 4 + 256;

const zero: usize = asciiOf("0");
const defaultUser: usize = asciiOf("default");

/** The upstream has taken the whole command at `p`: its user and its database are those of the calls to come. */
export function settle(state: State, p: usize, n: u32, holds: u32): void {
  switch (holds) {
    case Holds.RESET:
      keep(state, 0, zero, 1, MAX_DATABASE_BYTES);
      keep(state, USER_AT, defaultUser, 7, MAX_USER_BYTES);
      break;
    case Holds.SELECT:
      if (findArgument(p, n, 1)) keep(state, 0, argument, argumentBytes, MAX_DATABASE_BYTES);
      break;
    case Holds.AUTH:
      if (findArgument(p, n, 2)) {
        findArgument(p, n, 1);
        keep(state, USER_AT, argument, argumentBytes, MAX_USER_BYTES);
      } else keep(state, USER_AT, defaultUser, 7, MAX_USER_BYTES);
      break;
    case Holds.HELLO_AUTH:
      if (userOfHello(p, n)) keep(state, USER_AT, argument, argumentBytes, MAX_USER_BYTES);
      break;
    default:
      break;
  }
}

function keep(state: State, at: usize, text: usize, bytes: u32, most: u32): void {
  if (!state.block) {
    state.block = heap.alloc(BLOCK_BYTES);
    keep(state, 0, zero, 1, MAX_DATABASE_BYTES);
    keep(state, USER_AT, defaultUser, 7, MAX_USER_BYTES);
  }
  bytes = min(bytes, most);
  store<u32>(state.block + at, bytes);
  memory.copy(state.block + at + 4, text, bytes);
}

export function databaseOf(state: State): usize {
  return state.block ? state.block + 4 : zero;
}

export function databaseBytes(state: State): u32 {
  return state.block ? load<u32>(state.block) : 1;
}

export function userOf(state: State): usize {
  return state.block ? state.block + USER_AT + 4 : defaultUser;
}

export function userBytes(state: State): u32 {
  return state.block ? load<u32>(state.block + USER_AT) : 7;
}
