import {
  Field,
  fieldAddress,
  fieldBytes,
  fieldEnd,
  fieldNumber,
  fieldWire,
  readField,
  Wire,
} from "../../encoding/protobuf";
import { editFieldHead, mutateEntries } from "../edit-protobuf";
import {
  beginEdits,
  beginOwn,
  edit,
  editCount,
  editNumber,
  endEdits,
  endOwn,
  growth,
  lacksForEdit,
  ownRoom,
  refuseEdit,
} from "../edits";
import { beginRules } from "../rules";
import { Reason, Step } from "../step";
import { FrameType, HEAD_BYTES, HEADER_BYTES_AT, STREAM_TYPE_AT, StreamFrame, TOTAL_AT, TYPE_AT } from "./head";

/** Numbers of trans_info in RequestProtocol and ResponseProtocol, and in what opens and what ends a stream. */
const REQUEST_TRANS_INFO: u32 = 9;
const RESPONSE_TRANS_INFO: u32 = 8;
const INIT_TRANS_INFO: u32 = 5;
const CLOSE_TRANS_INFO: u32 = 5;
/** TrpcStreamInitMeta of a client. */
const INIT_REQUEST_META: u32 = 1;

/** Changes trans_info of the call at `p`, be it unary or the INIT of a stream. What lies behind the header is not looked at. */
export function mutateRequest(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  if (load<u8>(p, TYPE_AT) == <u8>FrameType.UNARY) return mutateHeader(p, n, total, REQUEST_TRANS_INFO, rules);
  if (lacksForEdit(n, total)) return Step.MORE;
  beginRules(rules);
  const end = p + total;
  if (!findMeta(p + HEAD_BYTES, end)) return refuseEdit(Reason.MALFORMED);
  const reason = mutateEntries(p, metaAt, metaEnd, INIT_TRANS_INFO);
  if (reason != Reason.NONE) return refuseEdit(reason);
  const bytes = <u32>(metaEnd - metaAt) + growth;
  if (editCount) editFieldHead(<u32>(meta - p), <u32>(metaAt - meta), INIT_REQUEST_META, bytes);
  return finish(total);
}

/** Of the INIT of a stream: the field of the client's meta, its content, and that one's end. */
let meta: usize = 0;
let metaAt: usize = 0;
let metaEnd: usize = 0;

/** Two of them, which protobuf makes one of, are written by nobody who has nothing to hide. */
function findMeta(at: usize, end: usize): bool {
  meta = 0;
  let field = readField(at, end);
  while (field == Field.READ) {
    if (fieldNumber == INIT_REQUEST_META && fieldWire == Wire.BYTES) {
      if (meta) return false;
      meta = at;
      metaAt = fieldAddress;
      metaEnd = fieldAddress + fieldBytes;
    }
    at = fieldEnd;
    field = readField(at, end);
  }
  return meta != 0 && field == Field.NONE;
}

/** The same of an answer: of a unary call, or what ends a stream. What refuses a stream has no trans_info. */
export function mutateResponse(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  if (load<u8>(p, TYPE_AT) == <u8>FrameType.UNARY) return mutateHeader(p, n, total, RESPONSE_TRANS_INFO, rules);
  if (load<u8>(p, STREAM_TYPE_AT) != <u8>StreamFrame.CLOSE) return Step.DONE;
  if (lacksForEdit(n, total)) return Step.MORE;
  beginRules(rules);
  const reason = mutateEntries(p, p + HEAD_BYTES, p + total, CLOSE_TRANS_INFO);
  if (reason != Reason.NONE) return refuseEdit(reason);
  return finish(total);
}

function mutateHeader(p: usize, n: u32, total: u32, number: u32, rules: usize): Step {
  const bytes = <u32>bswap(load<u16>(p, HEADER_BYTES_AT));
  const end = HEAD_BYTES + bytes;
  if (end > total) return refuseEdit(Reason.MALFORMED);
  if (lacksForEdit(n, end)) return Step.MORE;
  beginRules(rules);
  const reason = mutateEntries(p, p + HEAD_BYTES, p + end, number);
  if (reason != Reason.NONE) return refuseEdit(reason);
  const grown = bytes + growth;
  if (grown > <u32>u16.MAX_VALUE) return refuseEdit(Reason.TOO_LARGE);
  if (editCount) {
    beginOwn();
    const room = ownRoom(2);
    store<u16>(room, bswap<u16>(<u16>grown));
    endOwn(room + 2);
    edit(<u32>HEADER_BYTES_AT, 2);
  }
  return finish(total);
}

function finish(total: u32): Step {
  if (editCount) editNumber(<u32>TOTAL_AT, 4, total + growth);
  return endEdits();
}
