import { slotAddress, slotLength } from "../../codec/attributes";
import { message } from "../../codec/message";
import { equalBytes } from "../../memory/bytes";
import { hasPrefix, isMapped } from "./ip-address";

/**
 * Who may call what, compiled: Istio's AuthorizationPolicy with RPC's operations. What rules say of a connection is looked at once for it
 * (`noteRules`), and calls are held against the rules that are left (`judge`).
 */
export enum Action {
  ALLOW,
  DENY,
  AUDIT,
}

/** What a condition is about. Those from SOURCE_PRINCIPAL on are of the connection, the others of each call. */
export enum Subject {
  ATTRIBUTE,
  SERVICE,
  METHOD,
  SOURCE_PRINCIPAL,
  SOURCE_NAMESPACE,
  SOURCE_IP,
  DESTINATION_IP,
  DESTINATION_PORT,
  SNI,
  UNKNOWN,
}

export enum Match {
  EXACT,
  PREFIX,
  SUFFIX,
  /** Any value but none. */
  PRESENT,
  /** An address within a block. */
  BLOCK,
}

/** One of the values of a condition. With BLOCK `text` is an address and `length` the bits of it that count. */
@unmanaged
export class Pattern {
  next: Pattern | null;
  match: Match;
  text: usize;
  length: u32;
}

@unmanaged
export class Condition {
  next: Condition | null;
  subject: Subject;
  /** With ATTRIBUTE. */
  slot: i32;
  /** One of these must match, where there are any; and none of those. */
  values: Pattern | null;
  notValues: Pattern | null;
}

/** All of its conditions must hold. */
@unmanaged
export class Clause {
  next: Clause | null;
  first: Condition | null;
}

@unmanaged
export class Rule {
  next: Rule | null;
  /** Its number among those of all policies. */
  index: u32;
  /** One of each must hold, where there are any. */
  sources: Clause | null;
  operations: Clause | null;
  /** All must hold: of the connection, of the call. */
  ofConnection: Condition | null;
  ofCall: Condition | null;
}

/** A label that the node must have. */
@unmanaged
export class Label {
  next: Label | null;
  key: usize;
  keyLength: u32;
  value: usize;
  valueLength: u32;
}

@unmanaged
export class AuthorizationPolicy {
  next: AuthorizationPolicy | null;
  name: usize;
  nameLength: u32;
  rules: Rule | null;
  labels: Label | null;
  /** It is for other nodes. */
  elsewhere: bool;
}

@unmanaged
export class Authorization {
  allow: AuthorizationPolicy | null;
  deny: AuthorizationPolicy | null;
  audit: AuthorizationPolicy | null;
  ruleCount: u32;
  /** Rules speak of services or methods. */
  ofOperations: bool;
  /** Rules speak of what calls of Dubbo have among their attachments. */
  ofAttachments: bool;
  /**
   * The slot of Dubbo's attachment `path`, where rules do; -1. Servers go by it rather than by the name in front of the arguments: a call that says
   * two is one that has something to hide.
   */
  pathSlot: i32;
}

/** What is known of the connection that rules are held against; addresses 0: it is not known. */
@unmanaged
export class Facts {
  principal: usize;
  principalBytes: u32;
  namespace: usize;
  namespaceBytes: u32;
  sourceIp: usize;
  destinationIp: usize;
  destinationPort: usize;
  destinationPortBytes: u32;
  sni: usize;
  sniBytes: u32;
}

export const facts: Facts = changetype<Facts>(memory.data(offsetof<Facts>(), 8));

/** The policy that denies the call that was judged last; null: none of those that allow some calls allows this one. */
export let denying: AuthorizationPolicy | null = null;
/** The policy that wants it to be noted. */
export let auditing: AuthorizationPolicy | null = null;

/** Notes, a bit for each rule in `bits`, which rules may hold for calls of a connection of which `facts` are known. */
export function noteRules(authorization: Authorization, bits: usize): void {
  memory.fill(bits, 0, bitsBytes(authorization));
  noteRulesOf(authorization.deny, bits);
  noteRulesOf(authorization.allow, bits);
  noteRulesOf(authorization.audit, bits);
}

export function bitsBytes(authorization: Authorization): u32 {
  return ((authorization.ruleCount + 31) >> 5) << 2;
}

/** Whether a call of Dubbo says twice which service it is for, and not the same. */
export function isTwoFaced(authorization: Authorization): bool {
  const path = slotAddress(authorization.pathSlot);
  if (!path) return false;
  return (
    slotLength(authorization.pathSlot) != message.serviceBytes ||
    !equalBytes(path, message.service, message.serviceBytes)
  );
}

/** Before a call is judged. */
export function beginJudging(): void {
  auditing = null;
}

/** Whether the call in `message` may go on: none that denies speaks of it, and one that allows does, if there are any. */
export function judge(authorization: Authorization, bits: usize): bool {
  denying = firstHolding(authorization.deny, bits);
  if (authorization.audit && !auditing) auditing = firstHolding(authorization.audit, bits);
  if (denying) return false;
  return !isAnyHere(authorization.allow) || firstHolding(authorization.allow, bits) != null;
}

function noteRulesOf(first: AuthorizationPolicy | null, bits: usize): void {
  let policy = first;
  while (policy) {
    if (!policy.elsewhere) {
      let rule = policy.rules;
      while (rule) {
        if (oneHolds(rule.sources) && allHold(rule.ofConnection)) {
          const word = bits + ((<usize>(rule.index >> 5)) << 2);
          store<u32>(word, load<u32>(word) | (1 << (rule.index & 31)));
        }
        rule = rule.next;
      }
    }
    policy = policy.next;
  }
}

function firstHolding(first: AuthorizationPolicy | null, bits: usize): AuthorizationPolicy | null {
  let policy = first;
  while (policy) {
    let rule = policy.rules;
    while (rule) {
      const word = load<u32>(bits + ((<usize>(rule.index >> 5)) << 2));
      if ((word >> (rule.index & 31)) & 1 && oneHolds(rule.operations) && allHold(rule.ofCall)) return policy;
      rule = rule.next;
    }
    policy = policy.next;
  }
  return null;
}

function isAnyHere(first: AuthorizationPolicy | null): bool {
  let policy = first;
  while (policy) {
    if (!policy.elsewhere) return true;
    policy = policy.next;
  }
  return false;
}

function oneHolds(first: Clause | null): bool {
  if (!first) return true;
  let clause: Clause | null = first;
  while (clause) {
    if (allHold(clause.first)) return true;
    clause = clause.next;
  }
  return false;
}

function allHold(first: Condition | null): bool {
  let condition = first;
  while (condition) {
    if (!holds(condition)) return false;
    condition = condition.next;
  }
  return true;
}

let value: usize = 0;
let valueBytes: u32 = 0;

function holds(condition: Condition): bool {
  look(condition);
  const values = condition.values;
  return (!values || matchesOne(values)) && !matchesOne(condition.notValues);
}

/** Goes to the value that the condition is about; 0: there is none. */
function look(condition: Condition): void {
  valueBytes = 0;
  switch (condition.subject) {
    case Subject.ATTRIBUTE:
      value = slotAddress(condition.slot);
      valueBytes = slotLength(condition.slot);
      break;
    case Subject.SERVICE:
      value = message.service;
      valueBytes = message.serviceBytes;
      break;
    case Subject.METHOD:
      value = message.method;
      valueBytes = message.methodBytes;
      break;
    case Subject.SOURCE_PRINCIPAL:
      value = facts.principal;
      valueBytes = facts.principalBytes;
      break;
    case Subject.SOURCE_NAMESPACE:
      value = facts.namespace;
      valueBytes = facts.namespaceBytes;
      break;
    case Subject.SOURCE_IP:
      value = facts.sourceIp;
      break;
    case Subject.DESTINATION_IP:
      value = facts.destinationIp;
      break;
    case Subject.DESTINATION_PORT:
      value = facts.destinationPort;
      valueBytes = facts.destinationPortBytes;
      break;
    default:
      value = facts.sni;
      valueBytes = facts.sniBytes;
  }
}

function matchesOne(first: Pattern | null): bool {
  if (!value) return false;
  let pattern = first;
  while (pattern) {
    if (matches(pattern)) return true;
    pattern = pattern.next;
  }
  return false;
}

function matches(pattern: Pattern): bool {
  const text = pattern.text;
  const length = pattern.length;
  switch (pattern.match) {
    case Match.EXACT:
      return valueBytes == length && equalBytes(value, text, length);
    case Match.PREFIX:
      return valueBytes >= length && equalBytes(value, text, length);
    case Match.SUFFIX:
      return valueBytes >= length && equalBytes(value + (valueBytes - length), text, length);
    case Match.PRESENT:
      return valueBytes > 0;
    default:
      // A block of one family has no addresses of the other, also not as IPv6 maps them.
      return isMapped(text) == isMapped(value) && hasPrefix(value, text, length);
  }
}
