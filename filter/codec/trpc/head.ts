import { Detection } from "../detection";
import { clearMessage, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";

/**
 * The head of every frame, all numbers big-endian:
 *
 *      0       2      3        4            8                 10                14        15         16
 *     +-------+------+--------+------------+-----------------+-----------------+---------+----------+----------
 *     | 09 30 | type | stream | total (u32)| header bytes u16| stream id (u32) | version | reserved | header, body, attachment
 *     +-------+------+--------+------------+-----------------+-----------------+---------+----------+----------
 *              0 unary, 1 stream            of a unary frame   from version 1 on the request id of a unary frame
 */
export const HEAD_BYTES: u32 = 16;

export const TYPE_AT: usize = 2;
export const STREAM_TYPE_AT: usize = 3;
export const TOTAL_AT: usize = 4;
export const HEADER_BYTES_AT: usize = 8;
const STREAM_ID_AT: usize = 10;
const VERSION_AT: usize = 14;

const MAGIC: u16 = 0x0930;
/** What a connection begins with: the magic, and one type of both. */
const DETECTED_BYTES: u32 = 4;

export enum FrameType {
  UNARY,
  STREAM,
}

export enum StreamFrame {
  NONE,
  INIT,
  DATA,
  FEEDBACK,
  CLOSE,
}

/** Streams count their ids by themselves: they are told from request ids by this bit, which the wire has no room for. */
export const STREAM_BIT: u64 = 1 << 32;

/** Of `Message.dialect`: the protocol's version, and that the frame belongs to a stream. */
export const DIALECT_STREAM: u32 = 0x100;
export const DIALECT_VERSION_MASK: u32 = 0xff;

/** With DONE from `decodeHead`. */
export let frameType: FrameType = FrameType.UNARY;
export let streamFrame: StreamFrame = StreamFrame.NONE;
export let headerBytes: u32 = 0;

/** The magic, and the first frame of a client: a unary call, or the INIT of a stream. */
export function detect(p: usize, n: u32): Detection {
  if (!beginsLikeMagic(p, n)) return Detection.NO;
  if (n > <u32>TYPE_AT && load<u8>(p, TYPE_AT) > <u8>FrameType.STREAM) return Detection.NO;
  if (n < DETECTED_BYTES) return Detection.MORE;
  return load<u8>(p, STREAM_TYPE_AT) == load<u8>(p, TYPE_AT) ? Detection.YES : Detection.NO;
}

function beginsLikeMagic(p: usize, n: u32): bool {
  return load<u8>(p) == MAGIC >> 8 && (n < 2 || load<u8>(p, 1) == (MAGIC & 0xff));
}

/** Checks the head at `p` and fills what it tells: total, dialect, and the id as far as it is known from here. */
export function decodeHead(p: usize, n: u32, maxMessageBytes: u32, message: Message): Step {
  clearMessage(message);
  if (n && !beginsLikeMagic(p, n)) return refuse(message, Reason.NOT_THIS_PROTOCOL);
  if (n < HEAD_BYTES) {
    message.need = HEAD_BYTES;
    return Step.MORE;
  }
  const type = <u32>load<u8>(p, TYPE_AT);
  const total = bswap(load<u32>(p, TOTAL_AT));
  if (type > <u32>FrameType.STREAM || total < HEAD_BYTES) return refuse(message, Reason.MALFORMED);
  if (total > maxMessageBytes) return refuse(message, Reason.TOO_LARGE);
  frameType = <FrameType>type;
  streamFrame = <StreamFrame>load<u8>(p, STREAM_TYPE_AT);
  headerBytes = bswap(load<u16>(p, HEADER_BYTES_AT));
  const streamId = <u64>bswap(load<u32>(p, STREAM_ID_AT));
  const version = <u32>load<u8>(p, VERSION_AT);
  message.total = total;
  message.id = frameType == FrameType.STREAM ? streamId | STREAM_BIT : streamId;
  message.dialect = frameType == FrameType.STREAM ? version | DIALECT_STREAM : version;
  message.framed = frameType == FrameType.STREAM || version != 0;
  return Step.DONE;
}

export function writeHead(
  out: usize,
  type: FrameType,
  stream: StreamFrame,
  total: u32,
  header: u32,
  id: u32,
  version: u32,
): void {
  store<u16>(out, bswap(MAGIC));
  store<u8>(out, type, TYPE_AT);
  store<u8>(out, stream, STREAM_TYPE_AT);
  store<u32>(out, bswap(total), TOTAL_AT);
  store<u16>(out, bswap(<u16>header), HEADER_BYTES_AT);
  store<u32>(out, bswap(id), STREAM_ID_AT);
  store<u8>(out, version, VERSION_AT);
  store<u8>(out, 0, VERSION_AT + 1);
}
