import { canMutateAnswer, mutateRequest } from "../../codec/codec";
import {
  beginEdits,
  clearOwn,
  editedLength,
  editNeed,
  editReason,
  growth,
  ownRoom,
  writeEdited,
} from "../../codec/edits";
import { Kind, message } from "../../codec/message";
import { reasonText } from "../../codec/reason";
import { ReplyCode } from "../../codec/reply";
import { Reason, Step } from "../../codec/step";
import { Name, nameBytes } from "../../memory/name";
import { Mutation, mutationsAt, RouteMutations } from "../../route/policies/mutation";
import { nameOf, pickedIndex, Table } from "../../route/table";
import { Connection } from "../connection";
import { Count } from "../count";
import { count } from "../listener";
import { fetchMessage, read } from "../read";
import { addText, beginText, callerOfMessage, replyError } from "../reply";

/** What becomes of a call that is to be changed. */
export enum Change {
  /** It can be sent: what is to be done to it is in the register of edits. */
  READY,
  /** More of it must be in the read buffer (`connection.wanted`). */
  LATER,
  /** It cannot be changed: the client was told. */
  REFUSED,
}

/** The rules for the answer to the call that was changed last. */
export let answerRules: Name | null = null;

/** Changes the call in `message`, which is at `read.at` and goes to the destination that was picked last, as its route asks. */
export function changeCall(connection: Connection, table: Table, mutations: RouteMutations): Change {
  let request = mutations.request;
  let response = mutations.response;
  if (mutations.destinations) {
    const own = mutationsAt(mutations.destinations, pickedIndex);
    if (own.request) request = own.request;
    if (own.response) response = own.response;
  }
  answerRules = null;
  // Nothing that was planned stands in between.
  if (read.isKept) clearOwn();
  beginEdits();
  if (response && message.kind == Kind.CALL) {
    answerRules = nameOf(table, response);
    const here = read.memoryBytes - read.at;
    if (!canMutateAnswer(connection.protocol, read.memory + read.at, here, nameBytes(answerRules!))) {
      return refuse(connection, Reason.UNMUTABLE);
    }
  }
  return request ? changeRequest(connection, table, request) : Change.READY;
}

/** Bytes of the kept message of `length`, which was changed last; `changedKept` writes them. */
export function changedLength(length: u32): u32 {
  return editedLength(length);
}

/** Where the kept message of `length` at `bytes` lies as it is sent: it stands until the next one is changed. */
export function changedKept(bytes: usize, length: u32): usize {
  const room = ownRoom(editedLength(length));
  writeEdited(room, bytes, length);
  return room;
}

function changeRequest(connection: Connection, table: Table, mutation: Mutation): Change {
  const rules = mutation.text;
  let step = mutateHere(connection, rules);
  while (step == Step.MORE && editNeed <= read.size - read.at) {
    fetchMessage(editNeed, table.attributeCount);
    step = mutateHere(connection, rules);
  }
  if (step == Step.MORE) {
    connection.wanted = editNeed;
    return Change.LATER;
  }
  if (step == Step.BAD) return refuse(connection, editReason);
  if (growth > 0 && message.total + growth > table.maxMessageBytes) return refuse(connection, Reason.TOO_LARGE);
  return Change.READY;
}

function mutateHere(connection: Connection, rules: usize): Step {
  const here = min<u32>(read.memoryBytes - read.at, message.total);
  return mutateRequest(connection.protocol, read.memory + read.at, here, message.total, rules);
}

function refuse(connection: Connection, reason: Reason): Change {
  count(connection.listener, Count.REQUEST_NOT_MUTATED);
  if (message.kind == Kind.ONE_WAY) {
    count(connection.listener, Count.ONE_WAY_DROPPED + ReplyCode.UNMUTABLE);
    return Change.REFUSED;
  }
  describe("call", reason);
  replyError(connection, callerOfMessage(connection), ReplyCode.UNMUTABLE);
  return Change.REFUSED;
}

function describe(what: string, reason: Reason): void {
  beginText();
  addText("meltemi: the ");
  addText(what);
  addText(" cannot be changed as the route asks: ");
  addText(reasonText(reason));
}
