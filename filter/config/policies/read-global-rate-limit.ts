import {
  DEFAULT_RATE_LIMIT_TIMEOUT_MS,
  MAX_DESCRIPTOR_ENTRIES,
  MAX_DESCRIPTORS,
  MAX_RATE_LIMIT_DOMAIN_BYTES,
} from "../../memory/limits";
import { keepText, slotOf, takeOfTable } from "../../route/builder";
import { Descriptor, Entry, GlobalRateLimit } from "../../route/policies/global-rate-limit";
import {
  enterList,
  enterObject,
  isField,
  nextElement,
  nextField,
  otherField,
  readBool,
  readString,
  text,
  textBytes,
} from "../json";
import { MAX_DURATION_MS, readNumber } from "../number";
import { fail, failed, failMissing } from "../problem";
import { readAlternatives } from "./read-rate-limits";

/** Bits of the fields of GlobalRateLimit, of RateLimitDescriptor and of its Entry. */
const CLUSTER: u32 = 0;
const DOMAIN: u32 = 1;
const DESCRIPTORS: u32 = 2;
const TIMEOUT: u32 = 3;
const FAILURE_MODE_DENY: u32 = 4;
const ENTRIES: u32 = 0;
const MATCH: u32 = 1;
const KEY: u32 = 0;
const VALUE: u32 = 1;
const ATTRIBUTE: u32 = 2;
const SKIP_IF_ABSENT: u32 = 3;

/** Null: it is refused. */
export function readGlobalRateLimit(): GlobalRateLimit | null {
  if (!enterObject()) return null;
  const limit = changetype<GlobalRateLimit>(takeOfTable(offsetof<GlobalRateLimit>()));
  limit.timeout_ms = DEFAULT_RATE_LIMIT_TIMEOUT_MS;
  while (nextField()) {
    if (isField("cluster", CLUSTER)) {
      if (!readKept()) return null;
      limit.cluster = kept;
      limit.clusterBytes = textBytes;
    } else if (isField("domain", DOMAIN)) {
      if (!readKept()) return null;
      limit.domain = kept;
      limit.domainBytes = textBytes;
      if (textBytes > MAX_RATE_LIMIT_DOMAIN_BYTES) fail("longer than 1024 bytes");
    } else if (isField("descriptors", DESCRIPTORS)) readDescriptors(limit);
    else if (isField("timeout_ms", TIMEOUT)) {
      limit.timeout_ms = readNumber(MAX_DURATION_MS) || DEFAULT_RATE_LIMIT_TIMEOUT_MS;
    } else if (isField("failure_mode_deny", FAILURE_MODE_DENY)) limit.failureModeDeny = readBool();
    else otherField();
  }
  if (failed) return null;
  if (!limit.clusterBytes) failMissing("cluster");
  else if (!limit.domainBytes) failMissing("domain");
  else if (!limit.descriptors) failMissing("descriptors");
  return limit;
}

let kept: usize = 0;

/** A text that is not empty, copied into the table. */
function readKept(): bool {
  if (!readString()) return false;
  if (!textBytes) return fail("must not be empty");
  kept = keepText(text, textBytes);
  return true;
}

function readDescriptors(limit: GlobalRateLimit): void {
  if (!enterList()) return;
  let last: Descriptor | null = null;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (count == MAX_DESCRIPTORS) {
      fail("more than 16 descriptors");
      return;
    }
    const descriptor = readDescriptor();
    if (last) last.next = descriptor;
    else limit.descriptors = descriptor;
    last = descriptor;
  }
}

function readDescriptor(): Descriptor {
  const descriptor = changetype<Descriptor>(takeOfTable(offsetof<Descriptor>()));
  if (!enterObject()) return descriptor;
  while (nextField()) {
    if (isField("entries", ENTRIES)) readEntries(descriptor);
    else if (isField("match", MATCH)) descriptor.match = readAlternatives();
    else otherField();
  }
  if (!failed && !descriptor.entries) failMissing("entries");
  return descriptor;
}

function readEntries(descriptor: Descriptor): void {
  if (!enterList()) return;
  let last: Entry | null = null;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (count == MAX_DESCRIPTOR_ENTRIES) {
      fail("more than 16 entries");
      return;
    }
    const entry = readEntry();
    if (last) last.next = entry;
    else descriptor.entries = entry;
    last = entry;
  }
}

function readEntry(): Entry {
  const entry = changetype<Entry>(takeOfTable(offsetof<Entry>()));
  entry.slot = -1;
  if (!enterObject()) return entry;
  while (nextField()) {
    if (isField("key", KEY)) {
      if (!readKept()) return entry;
      entry.key = kept;
      entry.keyBytes = textBytes;
    } else if (isField("value", VALUE)) {
      if (!readKept()) return entry;
      entry.value = kept;
      entry.valueBytes = textBytes;
    } else if (isField("attribute", ATTRIBUTE)) {
      if (!readString()) return entry;
      if (!textBytes) fail("must not be empty");
      entry.slot = slotOf(text, textBytes);
      if (entry.slot < 0) fail("the routes name more than 64 different attributes");
    } else if (isField("skip_if_absent", SKIP_IF_ABSENT)) entry.skipIfAbsent = readBool();
    else otherField();
  }
  if (failed) return entry;
  if (!entry.keyBytes) failMissing("key");
  else if (entry.slot >= 0 == (entry.valueBytes != 0)) fail("one of value and attribute must be given");
  return entry;
}
