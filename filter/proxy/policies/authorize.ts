import { firstKeyAgain, nextKey, Protocol, showsNamed } from "../../codec/codec";
import { message } from "../../codec/message";
import { ReplyCode } from "../../codec/reply";
import {
  Authorization,
  AuthorizationPolicy,
  auditing,
  beginJudging,
  bitsBytes,
  denying,
  isTwoFaced,
  judge,
  noteRules,
} from "../../route/policies/authorization";
import { demandOf, Table } from "../../route/table";
import { Connection } from "../connection";
import { Count } from "../count";
import { count } from "../listener";
import { addText, beginText } from "../reply";
import { Standing } from "../standing";
import { addNumber, addValue, addWord, beginLine, endLine, tracing } from "../trace";
import { learnFacts } from "./peer";
import { refuse } from "./refuse";

/**
 * Whether the authorization policies let the call in `message` go on, before anything else is done with it. False: it has had its answer, and
 * goes nowhere.
 */
export function authorize(connection: Connection, table: Table, authorization: Authorization): bool {
  beginJudging();
  if (connection.ruleBitsOf != table.serial) lookAtRules(connection, table, authorization);
  const allowed = judgeAll(connection, table, authorization) && isHonest(connection, authorization);
  if (auditing && !connection.audited) {
    connection.audited = true;
    count(connection.listener, Count.AUDITED);
    if (tracing) traceVerdict(connection, "audited", auditing, "");
  }
  if (!allowed) deny(connection);
  return allowed;
}

/** Whether the call shows what the policies speak of: its author chooses how it is written, and could hide behind that. */
function isHonest(connection: Connection, authorization: Authorization): bool {
  // What Thrift's clients have packed names no method that could be seen.
  if (authorization.ofOperations && !message.methodBytes) return false;
  if (connection.protocol != Protocol.DUBBO || !authorization.ofAttachments) return true;
  return showsNamed(Protocol.DUBBO, message.dialect) && (authorization.pathSlot < 0 || !isTwoFaced(authorization));
}

/** Of a call that speaks of several things each must be allowed. The slots are left with the first. */
function judgeAll(connection: Connection, table: Table, authorization: Authorization): bool {
  const bits = connection.ruleBits;
  let allowed = judge(authorization, bits);
  if (!message.several) return allowed;
  const demand = demandOf(table, connection.protocol);
  while (allowed && nextKey(connection.protocol, demand)) allowed = judge(authorization, bits);
  firstKeyAgain(connection.protocol, demand);
  return allowed;
}

/** What the rules ask of the connection is asked once for each table. */
function lookAtRules(connection: Connection, table: Table, authorization: Authorization): void {
  if (connection.ruleBits) heap.free(connection.ruleBits);
  connection.ruleBits = heap.alloc(max<u32>(bitsBytes(authorization), 4));
  connection.ruleBitsOf = table.serial;
  learnFacts();
  noteRules(authorization, connection.ruleBits);
}

function deny(connection: Connection): void {
  if (tracing) traceVerdict(connection, "denied", denying, "UAEX");
  // What belongs together is not carried out without it.
  if (connection.standing & Standing.OPEN) connection.standing |= Standing.ABORTED;
  beginText();
  addText("meltemi: access denied by the authorization policies of the called side");
  refuse(connection, ReplyCode.DENIED, 0);
}

/** Null: none of the policies that allow some calls. */
function traceVerdict(connection: Connection, event: string, policy: AuthorizationPolicy | null, flags: string): void {
  beginLine(connection.traceId, event);
  addNumber(" id=", message.id);
  addValue(" service=", message.service, message.serviceBytes);
  addValue(" method=", message.method, message.methodBytes);
  if (policy) addValue(" policy=", policy.name, policy.nameLength);
  else addWord(" policy=", "none");
  if (flags.length) addWord(" flags=", flags);
  endLine();
}
