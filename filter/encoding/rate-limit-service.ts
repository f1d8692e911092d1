import { copyBytes } from "../memory/bytes";
import {
  Field,
  fieldAddress,
  fieldBytes,
  fieldEnd,
  fieldNumber,
  fieldValue,
  fieldWire,
  readField,
  varintBytes,
  Wire,
  writeTag,
  writeVarint,
} from "./protobuf";

/**
 * The messages of envoy.service.ratelimit.v3.RateLimitService, as far as they are said and heard here:
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/ratelimit/v3/rls.proto
 *
 *     RateLimitRequest:    [ domain string 1 | descriptors RateLimitDescriptor 2 … | hits_addend uint32 3 ]
 *     RateLimitDescriptor: [ entries Entry 1 … ]
 *     Entry:               [ key string 1 | value string 2 ]
 */
const DOMAIN: u32 = 1;
const DESCRIPTORS: u32 = 2;
const HITS_ADDEND: u32 = 3;
const ENTRIES: u32 = 1;
const KEY: u32 = 1;
const VALUE: u32 = 2;

/** Bytes of a descriptor besides its entries: tag and length. */
export const DESCRIPTOR_OVERHEAD_BYTES: u32 = 8;

export function writeDomain(out: usize, domain: usize, length: u32): usize {
  return writeBytes(out, DOMAIN, domain, length);
}

export function entryBytes(keyBytes: u32, valueBytes: u32): u32 {
  return fieldBytesOf(fieldBytesOf(keyBytes) + fieldBytesOf(valueBytes));
}

/** The head of a descriptor whose entries have `length` bytes. */
export function writeDescriptor(out: usize, length: u32): usize {
  return writeVarint(writeTag(out, DESCRIPTORS, Wire.BYTES), length);
}

export function writeEntry(out: usize, key: usize, keyBytes: u32, value: usize, valueBytes: u32): usize {
  out = writeVarint(writeTag(out, ENTRIES, Wire.BYTES), fieldBytesOf(keyBytes) + fieldBytesOf(valueBytes));
  return writeBytes(writeBytes(out, KEY, key, keyBytes), VALUE, value, valueBytes);
}

export function writeHits(out: usize, hits: u32): usize {
  return writeVarint(writeTag(out, HITS_ADDEND, Wire.VARINT), hits);
}

/** Of a field of bytes with a number below 16. */
function fieldBytesOf(length: u32): u32 {
  return 1 + varintBytes(length) + length;
}

function writeBytes(out: usize, number: u32, bytes: usize, length: u32): usize {
  out = writeVarint(writeTag(out, number, Wire.BYTES), length);
  copyBytes(out, bytes, length);
  return out + length;
}

/**
 *     RateLimitResponse: [ overall_code Code 1 | statuses DescriptorStatus 2 … | … ]
 *     DescriptorStatus:  [ code Code 1 | current_limit RateLimit 2 | limit_remaining uint32 3 | duration_until_reset Duration 4 ]
 *     Duration:          [ seconds int64 1 | nanos int32 2 ]
 */
const OVERALL_CODE: u32 = 1;
const STATUSES: u32 = 2;
const CODE: u32 = 1;
const CURRENT_LIMIT: u32 = 2;
const LIMIT_REMAINING: u32 = 3;
const DURATION_UNTIL_RESET: u32 = 4;
const SECONDS: u32 = 1;
const NANOS: u32 = 2;

export enum Code {
  UNKNOWN,
  OK,
  OVER_LIMIT,
}

/** What `readResponse` has read: the calls that the limit nearest to its end lets through yet; where none is said, any number. */
export let overallCode: Code = Code.UNKNOWN;
export let limitRemaining: u32 = 0;
/** With OVER_LIMIT: until all limits that are exceeded begin anew; 0: it is not said. */
export let untilReset_ms: u32 = 0;

let statusCode: Code = Code.UNKNOWN;
let statusLimited: bool = false;
let statusRemaining: u32 = 0;
let statusReset_ms: u64 = 0;

/** False: it is no RateLimitResponse. */
export function readResponse(at: usize, end: usize): bool {
  overallCode = Code.UNKNOWN;
  limitRemaining = u32.MAX_VALUE;
  untilReset_ms = 0;
  let field = readField(at, end);
  while (field == Field.READ) {
    const next = fieldEnd;
    if (fieldNumber == OVERALL_CODE && fieldWire == Wire.VARINT) overallCode = <Code>(<u32>fieldValue);
    else if (fieldNumber == STATUSES && fieldWire == Wire.BYTES) {
      if (!readStatus(fieldAddress, fieldAddress + fieldBytes)) return false;
      noteStatus();
    }
    field = readField(next, end);
  }
  return field == Field.NONE;
}

function noteStatus(): void {
  if (statusLimited) limitRemaining = min(limitRemaining, statusRemaining);
  if (statusCode == Code.OVER_LIMIT)
    untilReset_ms = <u32>max<u64>(untilReset_ms, min<u64>(statusReset_ms, u32.MAX_VALUE));
}

function readStatus(at: usize, end: usize): bool {
  statusCode = Code.UNKNOWN;
  statusLimited = false;
  statusRemaining = 0;
  statusReset_ms = 0;
  let field = readField(at, end);
  while (field == Field.READ) {
    const next = fieldEnd;
    if (fieldNumber == CODE && fieldWire == Wire.VARINT) statusCode = <Code>(<u32>fieldValue);
    else if (fieldNumber == CURRENT_LIMIT) statusLimited = true;
    else if (fieldNumber == LIMIT_REMAINING && fieldWire == Wire.VARINT) statusRemaining = <u32>fieldValue;
    else if (fieldNumber == DURATION_UNTIL_RESET && fieldWire == Wire.BYTES) {
      if (!readDuration(fieldAddress, fieldAddress + fieldBytes)) return false;
    }
    field = readField(next, end);
  }
  return field == Field.NONE;
}

function readDuration(at: usize, end: usize): bool {
  let field = readField(at, end);
  while (field == Field.READ) {
    if (fieldNumber == SECONDS && fieldWire == Wire.VARINT) statusReset_ms += min<u64>(fieldValue, 1 << 32) * 1000;
    else if (fieldNumber == NANOS && fieldWire == Wire.VARINT) statusReset_ms += <u64>(<u32>fieldValue) / 1_000_000;
    field = readField(fieldEnd, end);
  }
  return field == Field.NONE;
}
