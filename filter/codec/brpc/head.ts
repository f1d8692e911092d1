import { Detection } from "../detection";
import { clearMessage, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";

/**
 * The head of every message of baidu_std, the numbers big-endian:
 *
 *      0        4                8               12
 *     +--------+----------------+---------------+---------+------+------------+
 *     | "PRPC" | body size (u32)| meta size(u32)| RpcMeta | data | attachment |
 *     +--------+----------------+---------------+---------+------+------------+
 *                                                |←────────── body ───────────→|
 */
export const HEAD_BYTES: u32 = 12;

export const BODY_SIZE_AT: usize = 4;
export const META_SIZE_AT: usize = 8;

/** "PRPC" as it lies in memory. */
const MAGIC: u32 = 0x43505250;
const MAGIC_BYTES: u32 = 4;

export function detect(p: usize, n: u32): Detection {
  if (!beginsLikeMagic(p, n)) return Detection.NO;
  return n < MAGIC_BYTES ? Detection.MORE : Detection.YES;
}

function beginsLikeMagic(p: usize, n: u32): bool {
  for (let at: u32 = 0; at < min(n, MAGIC_BYTES); at++) {
    if (load<u8>(p + at) != <u8>(MAGIC >> (at << 3))) return false;
  }
  return true;
}

/** Bytes of the meta, with DONE from `decodeHead`. */
export let metaBytes: u32 = 0;

/** Checks the head at `p`. After DONE `total` is known; whose message it is, is written in the meta. */
export function decodeHead(p: usize, n: u32, maxMessageBytes: u32, message: Message): Step {
  clearMessage(message);
  if (!beginsLikeMagic(p, n)) return refuse(message, Reason.NOT_THIS_PROTOCOL);
  if (n < HEAD_BYTES) {
    message.need = HEAD_BYTES;
    return Step.MORE;
  }
  const bodyBytes = bswap(load<u32>(p, BODY_SIZE_AT));
  metaBytes = bswap(load<u32>(p, META_SIZE_AT));
  if (bodyBytes > maxMessageBytes - min(HEAD_BYTES, maxMessageBytes)) return refuse(message, Reason.TOO_LARGE);
  if (metaBytes > bodyBytes) return refuse(message, Reason.MALFORMED);
  message.total = HEAD_BYTES + bodyBytes;
  return Step.DONE;
}

export function writeHead(out: usize, metaSize: u32): void {
  store<u32>(out, MAGIC);
  store<u32>(out, bswap(metaSize), BODY_SIZE_AT);
  store<u32>(out, bswap(metaSize), META_SIZE_AT);
}
