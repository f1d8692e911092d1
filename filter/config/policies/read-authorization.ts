import { builtinOf, Protocol } from "../../codec/codec";
import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";
import { MAX_AUTHORIZATION_RULES } from "../../memory/limits";
import { keepText, slotOf, takeOfTable } from "../../route/builder";
import {
  Action,
  Authorization,
  AuthorizationPolicy,
  Clause,
  Condition,
  Label,
  Match,
  Pattern,
  Rule,
  Subject,
} from "../../route/policies/authorization";
import { ADDRESS_BYTES, MAPPED_BITS, parseAddress } from "../../route/policies/ip-address";
import {
  enterList,
  enterObject,
  fieldsSeen,
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
import { fail, failed, failMissing, failWith } from "../problem";

/** Bits of the fields of AuthorizationPolicy, AuthorizationRule and AuthorizationCondition. */
const NAME: u32 = 0;
const ACTION: u32 = 1;
const NODE_LABELS: u32 = 2;
const RULES: u32 = 3;
const SOURCES: u32 = 0;
const OPERATIONS: u32 = 1;
const CONDITIONS: u32 = 2;
const SUBJECT: u32 = 0;
const ATTRIBUTE: u32 = 1;
const VALUES: u32 = 2;
const NOT_VALUES: u32 = 3;

const TOO_MANY_ATTRIBUTES = "routes and policies name more than 64 different attributes";
/** Whether a condition that was read speaks of services, methods or attachments. */
let ofServices = false;
let ofMethods = false;
let ofAttachments = false;
const path: usize = asciiOf("path");
const PATH_BYTES: u32 = 4;

const STAR: u8 = 0x2a;
const SLASH: u8 = 0x2f;
const COLON: u8 = 0x3a;

const allow: usize = asciiOf("ALLOW");
const deny: usize = asciiOf("DENY");
const audit: usize = asciiOf("AUDIT");

const service: usize = asciiOf("service");
const method: usize = asciiOf("method");
const sourcePrincipal: usize = asciiOf("source.principal");
const sourceNamespace: usize = asciiOf("source.namespace");
const sourceIp: usize = asciiOf("source.ip");
const destinationIp: usize = asciiOf("destination.ip");
const destinationPort: usize = asciiOf("destination.port");
const sni: usize = asciiOf("connection.sni");

/** Null: it is refused. `protocol`: what the table is for. */
export function readAuthorization(protocol: i32): Authorization | null {
  if (!enterObject()) return null;
  const authorization = changetype<Authorization>(takeOfTable(offsetof<Authorization>()));
  ofServices = false;
  ofMethods = false;
  ofAttachments = false;
  while (nextField()) {
    if (isField("policies", 0)) readPolicies(authorization);
    else otherField();
  }
  authorization.pathSlot = -1;
  authorization.ofOperations = ofServices || ofMethods;
  authorization.ofAttachments = ofAttachments || ofServices;
  const mayBeDubbo = protocol == Protocol.DUBBO || protocol == Protocol.AUTO;
  if (failed || !mayBeDubbo || !ofServices) return authorization;
  authorization.pathSlot = slotOf(path, PATH_BYTES);
  if (authorization.pathSlot < 0) fail(TOO_MANY_ATTRIBUTES);
  return authorization;
}

function readPolicies(authorization: Authorization): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) readPolicy(authorization);
}

/** Those of one action stand in their order. */
function readPolicy(authorization: Authorization): bool {
  if (!enterObject()) return false;
  const policy = changetype<AuthorizationPolicy>(takeOfTable(offsetof<AuthorizationPolicy>()));
  let action = -1;
  while (nextField()) {
    if (isField("name", NAME)) {
      if (!readString()) return false;
      policy.name = keepText(text, textBytes);
      policy.nameLength = textBytes;
    } else if (isField("action", ACTION)) {
      action = readAction();
    } else if (isField("node_labels", NODE_LABELS)) {
      readLabels(policy);
    } else if (isField("rules", RULES)) {
      readRules(authorization, policy);
    } else otherField();
  }
  if (failed) return false;
  if (!(fieldsSeen & (1 << NAME))) return failMissing("name");
  if (action < 0) return failMissing("action");
  if (action == Action.ALLOW) authorization.allow = append(authorization.allow, policy);
  else if (action == Action.DENY) authorization.deny = append(authorization.deny, policy);
  else authorization.audit = append(authorization.audit, policy);
  return true;
}

function append(first: AuthorizationPolicy | null, policy: AuthorizationPolicy): AuthorizationPolicy {
  if (!first) return policy;
  let last: AuthorizationPolicy = first;
  while (last.next) last = last.next!;
  last.next = policy;
  return first;
}

function readAction(): i32 {
  if (!readString()) return -1;
  if (isText(allow, 5)) return Action.ALLOW;
  if (isText(deny, 4)) return Action.DENY;
  if (isText(audit, 5)) return Action.AUDIT;
  failWith("no action of this filter, it is ALLOW, DENY or AUDIT", text, textBytes);
  return -1;
}

/** A map: the names of its fields are the labels'. */
function readLabels(policy: AuthorizationPolicy): void {
  if (!enterObject()) return;
  while (nextField()) {
    const label = changetype<Label>(takeOfTable(offsetof<Label>()));
    label.key = keepText(key, keyBytes);
    label.keyLength = keyBytes;
    if (!readString()) return;
    label.value = keepText(text, textBytes);
    label.valueLength = textBytes;
    label.next = policy.labels;
    policy.labels = label;
  }
}

function readRules(authorization: Authorization, policy: AuthorizationPolicy): void {
  if (!enterList()) return;
  let last: Rule | null = null;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (authorization.ruleCount == MAX_AUTHORIZATION_RULES) {
      fail("more than 4096 rules of all policies");
      return;
    }
    const rule = changetype<Rule>(takeOfTable(offsetof<Rule>()));
    rule.index = authorization.ruleCount++;
    if (last) last.next = rule;
    else policy.rules = rule;
    last = rule;
    readRule(rule);
  }
}

function readRule(rule: Rule): void {
  if (!enterObject()) return;
  while (nextField()) {
    if (isField("sources", SOURCES)) rule.sources = readClauses(true);
    else if (isField("operations", OPERATIONS)) rule.operations = readClauses(false);
    else if (isField("conditions", CONDITIONS)) readConditions(rule);
    else otherField();
  }
}

function readClauses(ofConnection: bool): Clause | null {
  if (!enterList()) return null;
  let first: Clause | null = null;
  for (let count: u32 = 0; nextElement(count); count++) {
    const clause = changetype<Clause>(takeOfTable(offsetof<Clause>()));
    readClause(clause, ofConnection);
    clause.next = first;
    first = clause;
  }
  if (!first) fail("must have an entry");
  return first;
}

/** One without a condition would hold for everything: more than anybody meant by it. */
function readClause(clause: Clause, ofConnection: bool): bool {
  if (!enterObject()) return false;
  while (nextField()) {
    if (!isField("all", 0)) {
      otherField();
      continue;
    }
    if (!enterList()) return false;
    for (let count: u32 = 0; nextElement(count); count++) {
      const condition = readCondition();
      if (!condition) return false;
      if (isOfConnection(condition.subject) != ofConnection) {
        return fail(ofConnection ? "not of the connection" : "not of the call");
      }
      condition.next = clause.first;
      clause.first = condition;
    }
  }
  return failed || clause.first ? !failed : failMissing("all");
}

function readConditions(rule: Rule): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) {
    const condition = readCondition();
    if (!condition) return;
    if (isOfConnection(condition.subject)) {
      condition.next = rule.ofConnection;
      rule.ofConnection = condition;
    } else {
      condition.next = rule.ofCall;
      rule.ofCall = condition;
    }
  }
}

function isOfConnection(subject: Subject): bool {
  return subject >= Subject.SOURCE_PRINCIPAL;
}

function readCondition(): Condition | null {
  if (!enterObject()) return null;
  const condition = changetype<Condition>(takeOfTable(offsetof<Condition>()));
  condition.subject = Subject.UNKNOWN;
  while (nextField()) {
    if (isField("subject", SUBJECT)) {
      if (readString()) setSubject(condition);
    } else if (isField("attribute", ATTRIBUTE)) {
      if (readString()) setAttribute(condition);
    } else if (isField("values", VALUES)) {
      condition.values = readPatterns();
    } else if (isField("not_values", NOT_VALUES)) {
      condition.notValues = readPatterns();
    } else otherField();
  }
  if (failed) return null;
  if (condition.subject == Subject.UNKNOWN) failMissing("subject");
  else if (!condition.values && !condition.notValues) failMissing("values");
  const isAddress = condition.subject == Subject.SOURCE_IP || condition.subject == Subject.DESTINATION_IP;
  compilePatterns(condition.values, isAddress);
  compilePatterns(condition.notValues, isAddress);
  return condition;
}

/** What is said twice would be half applied. */
function setSubject(condition: Condition): void {
  if (condition.subject != Subject.UNKNOWN) fail("only one of subject and attribute may be given");
  condition.subject = subjectOf();
  if (condition.subject == Subject.SERVICE) ofServices = true;
  if (condition.subject == Subject.METHOD) ofMethods = true;
  if (condition.subject == Subject.UNKNOWN) failWith("no subject of this filter", text, textBytes);
}

function setAttribute(condition: Condition): void {
  if (condition.subject != Subject.UNKNOWN) fail("only one of subject and attribute may be given");
  condition.subject = Subject.ATTRIBUTE;
  condition.slot = slotOf(text, textBytes);
  if (builtinOf(Protocol.DUBBO, text, textBytes) < 0) ofAttachments = true;
  if (textBytes == 0) fail("must not be empty");
  else if (condition.slot < 0) fail(TOO_MANY_ATTRIBUTES);
}

function subjectOf(): Subject {
  if (isText(service, 7)) return Subject.SERVICE;
  if (isText(method, 6)) return Subject.METHOD;
  if (isText(sourcePrincipal, 16)) return Subject.SOURCE_PRINCIPAL;
  if (isText(sourceNamespace, 16)) return Subject.SOURCE_NAMESPACE;
  if (isText(sourceIp, 9)) return Subject.SOURCE_IP;
  if (isText(destinationIp, 14)) return Subject.DESTINATION_IP;
  if (isText(destinationPort, 16)) return Subject.DESTINATION_PORT;
  return isText(sni, 14) ? Subject.SNI : Subject.UNKNOWN;
}

/** The texts as they are: what they mean is known when the subject is. */
function readPatterns(): Pattern | null {
  if (!enterList()) return null;
  let first: Pattern | null = null;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (!readString()) return null;
    if (textBytes == 0) fail("must not be empty");
    const pattern = changetype<Pattern>(takeOfTable(offsetof<Pattern>()));
    pattern.text = keepText(text, textBytes);
    pattern.length = textBytes;
    pattern.next = first;
    first = pattern;
  }
  if (!first) fail("must have an entry");
  return first;
}

function compilePatterns(first: Pattern | null, isAddress: bool): void {
  let pattern = first;
  while (pattern && !failed) {
    if (isAddress) compileBlock(pattern);
    else compilePattern(pattern);
    pattern = pattern.next;
  }
}

/** As Istio writes them: `*`, `x*`, `*x`, and all else as it is. */
function compilePattern(pattern: Pattern): void {
  const last = pattern.text + pattern.length - 1;
  if (load<u8>(pattern.text) == STAR) {
    pattern.match = pattern.length == 1 ? Match.PRESENT : Match.SUFFIX;
    pattern.text++;
    pattern.length--;
  } else if (load<u8>(last) == STAR) {
    pattern.match = Match.PREFIX;
    pattern.length--;
  }
}

/** An address, or one with the number of its bits that count: `10.0.0.0/8`, `fd00::/8`. */
function compileBlock(pattern: Pattern): bool {
  const written = pattern.text;
  const bytes = pattern.length;
  let addressBytes: u32 = 0;
  let isIpv6 = false;
  for (; addressBytes < bytes && load<u8>(written + addressBytes) != SLASH; addressBytes++) {
    if (load<u8>(written + addressBytes) == COLON) isIpv6 = true;
  }
  pattern.match = Match.BLOCK;
  pattern.text = takeOfTable(ADDRESS_BYTES);
  const offset = isIpv6 ? 0 : MAPPED_BITS;
  let bits: u32 = 128 - offset;
  if (addressBytes < bytes) bits = decimalOf(written + addressBytes + 1, bytes - addressBytes - 1);
  pattern.length = offset + bits;
  if (parseAddress(written, addressBytes, pattern.text) && bits <= 128 - offset) return true;
  return failWith("no IP address or block of them", written, bytes);
}

/** The number that is written there, of up to three digits; any that is too high for a block where there is none. */
function decimalOf(digits: usize, length: u32): u32 {
  if (length == 0 || length > 3) return 1000;
  let number: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const digit = <u32>load<u8>(digits + i) - 0x30;
    if (digit > 9) return 1000;
    number = number * 10 + digit;
  }
  return number;
}

function isText(word: usize, length: u32): bool {
  return textBytes == length && equalBytes(text, word, length);
}
