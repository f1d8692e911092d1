import { isMutable, Protocol } from "../../codec/codec";
import { How, RULE_HEAD_BYTES, RULES_HEAD_BYTES } from "../../codec/rules";
import { equalBytes } from "../../memory/bytes";
import { MAX_RULES, MAX_RULES_BYTES } from "../../memory/limits";
import { firstMutation, newMutation } from "../../route/builder";
import { Mutation } from "../../route/policies/mutation";
import {
  enterList,
  enterObject,
  isField,
  key,
  keyBytes,
  nextElement,
  nextField,
  otherField,
  readString,
  text,
  textBytes,
} from "../json";
import { fail, failed, failWith } from "../problem";

/** Bits of Mutation's fields. */
const SET: u32 = 0;
const ADD: u32 = 1;
const REMOVE: u32 = 2;

/** The rules that are read. */
const rules: usize = memory.data(16 << 10);
let end: usize = 0;
/** That of the table: rules are for one that keeps attributes where they can be changed. */
let protocol: i32 = Protocol.UNKNOWN;

export function beginMutations(tableProtocol: i32): void {
  protocol = tableProtocol;
}

/** Null: it is refused. */
export function readMutation(): Mutation | null {
  if (!enterObject()) return null;
  store<u32>(rules, 0);
  end = rules + RULES_HEAD_BYTES;
  while (nextField()) {
    if (isField("set", SET)) readValues(How.SET);
    else if (isField("add", ADD)) readValues(How.ADD);
    else if (isField("remove", REMOVE)) readNames();
    else otherField();
  }
  if (failed) return null;
  if (!load<u32>(rules)) {
    fail("must set, add or remove something");
    return null;
  }
  return newMutation(rules, <u32>(end - rules));
}

function readValues(how: How): void {
  if (!enterObject()) return;
  while (nextField()) {
    const name = key;
    const nameBytes = keyBytes;
    if (readString()) addRule(how, name, nameBytes, text, textBytes);
  }
}

function readNames(): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (readString()) addRule(How.REMOVE, text, textBytes, text, 0);
  }
}

function addRule(how: How, name: usize, nameBytes: u32, value: usize, valueBytes: u32): void {
  if (!nameBytes) {
    fail("must not be empty");
    return;
  }
  if (protocol != Protocol.AUTO && !isMutable(protocol, name, nameBytes)) {
    failWith("messages of this protocol have no place for it that can be changed", name, nameBytes);
    return;
  }
  const count = load<u32>(rules);
  if (isNamed(name, nameBytes)) failWith("another of these fields names it", name, nameBytes);
  else if (count == MAX_RULES || nameBytes + valueBytes + RULE_HEAD_BYTES > MAX_RULES_BYTES - <u32>(end - rules)) {
    fail("more than is changed in one message");
  } else {
    store<u32>(rules, count + 1);
    store<u32>(end, how);
    store<u32>(end, nameBytes, 4);
    store<u32>(end, valueBytes, 8);
    memory.copy(end + RULE_HEAD_BYTES, name, nameBytes);
    memory.copy(end + RULE_HEAD_BYTES + nameBytes, value, valueBytes);
    end += RULE_HEAD_BYTES + nameBytes + valueBytes;
  }
}

function isNamed(name: usize, length: u32): bool {
  for (let rule = rules + RULES_HEAD_BYTES; rule < end; rule = nextRule(rule)) {
    if (load<u32>(rule, 4) == length && equalBytes(rule + RULE_HEAD_BYTES, name, length)) return true;
  }
  return false;
}

function nextRule(rule: usize): usize {
  return rule + RULE_HEAD_BYTES + load<u32>(rule, 4) + load<u32>(rule, 8);
}

/** Whether messages of one more protocol, of a table for several, have a place for all that its routes change. */
export function checkMutations(one: i32): bool {
  let mutation = firstMutation();
  while (mutation) {
    const stop = mutation.text + mutation.textLength;
    for (let rule = mutation.text + RULES_HEAD_BYTES; rule < stop; rule = nextRule(rule)) {
      const bytes = load<u32>(rule, 4);
      if (isMutable(one, rule + RULE_HEAD_BYTES, bytes)) continue;
      return failWith(
        "a route changes an attribute that messages of one of the protocols have no place for",
        rule + RULE_HEAD_BYTES,
        bytes,
      );
    }
    mutation = mutation.next;
  }
  return true;
}
