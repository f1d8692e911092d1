import { Detection } from "../detection";
import { clearMessage, Kind, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";

/**
 * The head of every Dubbo2 message, all numbers big-endian:
 *
 *      0       2      3        4            12             16
 *     +-------+------+--------+------------+--------------+
 *     | da bb | flag | status | id (u64)   | length (i32) | body …
 *     +-------+------+--------+------------+--------------+
 *               |      of a response only
 *               request 0x80 · two-way 0x40 · event 0x20 · serialization id 0x1f
 */
export const HEAD_BYTES: u32 = 16;

export const FLAG_AT: usize = 2;
export const STATUS_AT: usize = 3;
export const ID_AT: usize = 4;
export const LENGTH_AT: usize = 12;

export const MAGIC: u16 = 0xdabb;
export const FLAG_REQUEST: u32 = 0x80;
export const FLAG_TWO_WAY: u32 = 0x40;
export const FLAG_EVENT: u32 = 0x20;
export const SERIALIZATION_MASK: u32 = 0x1f;

/** Response.OK of Dubbo. */
export const STATUS_OK: u32 = 20;

/** Longest body of an event that says something: the text "R" in any serialization is no longer. */
const MAX_NOTICE_BYTES: u32 = 8;

/**
 * Checks the head at `p` and fills what it tells: total, id, dialect, kind, status. After DONE the message is framed, and
 * reading its head cannot fail. A wrong magic is BAD from the first wrong byte on.
 */
export function decodeHead(p: usize, n: u32, maxMessageBytes: u32, message: Message): Step {
  clearMessage(message);
  if ((n >= 1 && load<u8>(p) != MAGIC >> 8) || (n >= 2 && load<u8>(p, 1) != (MAGIC & 0xff))) {
    return refuse(message, Reason.NOT_THIS_PROTOCOL);
  }
  if (n < HEAD_BYTES) {
    message.need = HEAD_BYTES;
    return Step.MORE;
  }
  const flag = <u32>load<u8>(p, FLAG_AT);
  message.id = bswap(load<u64>(p, ID_AT));
  message.dialect = flag & SERIALIZATION_MASK;
  message.kind = kindOf(flag);
  if (message.kind == Kind.ANSWER) {
    message.status = <u32>load<u8>(p, STATUS_AT);
    message.ok = message.status == STATUS_OK;
  }
  const length = bswap(load<u32>(p, LENGTH_AT));
  // The length is a signed integer: one with the highest bit is negative, which no limit may let through.
  if (length > <u32>i32.MAX_VALUE || length > maxMessageBytes - min(HEAD_BYTES, maxMessageBytes)) {
    return refuse(message, Reason.TOO_LARGE);
  }
  message.total = HEAD_BYTES + length;
  message.framed = true;
  return Step.DONE;
}

/** By the magic, and by what a client may begin with: a request. */
export function detect(p: usize, n: u32): Detection {
  if (load<u8>(p) != MAGIC >> 8) return Detection.NO;
  if (n < 3) return n == 1 || load<u8>(p, 1) == (MAGIC & 0xff) ? Detection.MORE : Detection.NO;
  return load<u8>(p, 1) == (MAGIC & 0xff) && load<u8>(p, FLAG_AT) & FLAG_REQUEST ? Detection.YES : Detection.NO;
}

/** What the flags alone tell; `decodeEvent` tells the one-way events apart. */
function kindOf(flag: u32): Kind {
  if (!(flag & FLAG_REQUEST)) return Kind.ANSWER;
  if (flag & FLAG_EVENT) return flag & FLAG_TWO_WAY ? Kind.HEARTBEAT : Kind.EVENT;
  return flag & FLAG_TWO_WAY ? Kind.CALL : Kind.ONE_WAY;
}

/** Of a one-way event: GOING_AWAY if its body is the text "R" (READONLY_EVENT) in whatever serialization. */
export function decodeEvent(p: usize, n: u32, message: Message): Step {
  const bodyBytes = message.total - HEAD_BYTES;
  if (bodyBytes > MAX_NOTICE_BYTES) return Step.DONE;
  if (n < message.total) {
    message.need = message.total;
    return Step.MORE;
  }
  if (isReadOnlyNotice(p + HEAD_BYTES, bodyBytes)) message.kind = Kind.GOING_AWAY;
  return Step.DONE;
}

/**
 * The five spellings: Hessian2 `01 R`, fastjson2 `0000 0002 4a R`, protobuf `03 0a 01 R`, and a line of JSON, `"R"` with
 * the line end of either system. No other body ends like one of them at its length.
 */
function isReadOnlyNotice(body: usize, bytes: u32): bool {
  if (bytes == 2) return load<u16>(body) == 0x5201;
  if (bytes == 4) return load<u32>(body) == 0x52010a03 || load<u32>(body) == 0x0a225222;
  if (bytes == 5) return load<u32>(body) == 0x0d225222 && load<u8>(body, 4) == 0x0a;
  if (bytes == 6) return load<u32>(body) == 0x02000000 && load<u16>(body, 4) == 0x524a;
  return false;
}
