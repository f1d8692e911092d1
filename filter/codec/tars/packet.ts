import { TarsType } from "../../encoding/tars";
import { Detection } from "../detection";
import { clearMessage, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";

/**
 * A packet: its length in four bytes, big-endian, and the fields of a struct.
 *
 *     RequestPacket:  1 iVersion  2 cPacketType  3 iMessageType  4 iRequestId  5 sServantName  6 sFuncName
 *                     7 sBuffer  8 iTimeout  9 context  10 status
 *     ResponsePacket: 1 iVersion  2 cPacketType  3 iRequestId  4 iMessageType  5 iRet
 *                     6 sBuffer  7 status  8 sResultDesc  9 context
 *
 * In the versions of TUP answers are RequestPackets, too.
 */
export const LENGTH_BYTES: u32 = 4;
/** The length, and the head of the first field. */
const HEAD_BYTES: u32 = 5;

export const VERSION: u32 = 1;
export const PACKET_TYPE: u32 = 2;
/** Of a RequestPacket: of calls, and of the answers of TUP. */
export const TUP_REQUEST_ID: u32 = 4;
export const SERVANT_NAME: u32 = 5;
export const FUNC_NAME: u32 = 6;

/** The value of cPacketType that wants no answer. */
export const ONE_WAY: i64 = 1;

/** Versions of TUP: a map of maps by type, and a simple map. 1 is Tars itself, 4 and 5 say that bodies are XML or JSON. */
const TUP_COMPLEX: i64 = 2;
const TUP_SIMPLE: i64 = 3;

export function isTup(version: i64): bool {
  return version == TUP_COMPLEX || version == TUP_SIMPLE;
}

/** Of a connection's first packet: a length below 256 MiB, iVersion from 1 to 5 in a byte, and the head of cPacketType. */
export function detect(p: usize, n: u32): Detection {
  if (load<u8>(p) > 0x0f) return Detection.NO;
  if (n > 4 && load<u8>(p, 4) != ((VERSION << 4) | <u32>TarsType.INT1)) return Detection.NO;
  if (n > 5 && (load<u8>(p, 5) == 0 || load<u8>(p, 5) > 5)) return Detection.NO;
  if (n < 7) return Detection.MORE;
  const next = <u32>load<u8>(p, 6);
  const isPacketType = next >> 4 == PACKET_TYPE && ((next & 15) == TarsType.INT1 || (next & 15) == TarsType.ZERO);
  return isPacketType ? Detection.YES : Detection.NO;
}

/** Checks the length, and that the first field is iVersion. After DONE `total` is known. */
export function decodeLength(p: usize, n: u32, maxMessageBytes: u32, message: Message): Step {
  clearMessage(message);
  if (n < HEAD_BYTES) {
    message.need = HEAD_BYTES;
    return Step.MORE;
  }
  const head = <u32>load<u8>(p, LENGTH_BYTES);
  const isNumber = (head & 15) <= <u32>TarsType.INT8 || (head & 15) == TarsType.ZERO;
  if (head >> 4 != VERSION || !isNumber) return refuse(message, Reason.NOT_THIS_PROTOCOL);
  const total = bswap(load<u32>(p));
  if (total > maxMessageBytes) return refuse(message, Reason.TOO_LARGE);
  if (total < HEAD_BYTES) return refuse(message, Reason.MALFORMED);
  message.total = total;
  return Step.DONE;
}
