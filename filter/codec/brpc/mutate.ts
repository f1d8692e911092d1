import {
  Field,
  fieldAddress,
  fieldBytes,
  fieldEnd,
  fieldNumber,
  fieldWire,
  readEntry,
  readField,
  Wire,
} from "../../encoding/protobuf";
import { editEntries, editFieldHead, mutateEntries, putEntries } from "../edit-protobuf";
import { beginEdits, editCount, editNumber, endEdits, growth, lacksForEdit, refuseEdit } from "../edits";
import { beginRules } from "../rules";
import { Reason, Step } from "../step";
import { BODY_SIZE_AT, HEAD_BYTES, META_SIZE_AT } from "./head";
import { REQUEST, USER_FIELDS } from "./meta";
import { REQUEST_ID_OR_EXT_FIELDS } from "./request-meta";

/** The first field of RpcRequestMeta that only apache/brpc has: what is behind it are those, too. */
const TIMEOUT: u32 = 8;

/** Where the request's meta stands: its tag, its content, and that one's end; 0: there is none. */
let request: usize = 0;
let requestAt: usize = 0;
let requestEnd: usize = 0;
/** The call has them in RpcMeta, or in RpcRequestMeta; or only apache/brpc, which reads the former, writes such a call. */
let hasUserFields: bool = false;
let hasExtFields: bool = false;
let isApaches: bool = false;

/**
 * Changes the user fields of the call at `p`. They stand in RpcMeta (apache/brpc) or in RpcRequestMeta (brpc-java, jprotobuf-rpc). Those that there are say
 * which of the two the server reads; where nothing says it new ones go to both.
 */
export function mutateRequest(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  const metaEnd = HEAD_BYTES + bswap(load<u32>(p, META_SIZE_AT));
  if (metaEnd > total) return refuseEdit(Reason.MALFORMED);
  if (lacksForEdit(n, metaEnd)) return Step.MORE;
  beginRules(rules);
  if (!findRequest(p + HEAD_BYTES, p + metaEnd)) return refuseEdit(Reason.MALFORMED);
  let reason = editEntries(p, requestAt, requestEnd, REQUEST_ID_OR_EXT_FIELDS, true);
  if (reason != Reason.NONE) return refuseEdit(reason);
  if (hasExtFields || !(hasUserFields || isApaches)) putEntries(<u32>(requestEnd - p), REQUEST_ID_OR_EXT_FIELDS);
  if (growth) {
    const bytes = <u32>(requestEnd - requestAt) + growth;
    editFieldHead(<u32>(request - p), <u32>(requestAt - request), REQUEST, bytes);
  }
  beginRules(rules);
  reason = editEntries(p, p + HEAD_BYTES, p + metaEnd, USER_FIELDS, false);
  if (reason != Reason.NONE) return refuseEdit(reason);
  if (hasUserFields || !hasExtFields) putEntries(metaEnd, USER_FIELDS);
  return finish(total, metaEnd);
}

/** The same of an answer: only apache/brpc has user fields there. */
export function mutateResponse(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  const metaEnd = HEAD_BYTES + bswap(load<u32>(p, META_SIZE_AT));
  if (metaEnd > total) return refuseEdit(Reason.MALFORMED);
  if (lacksForEdit(n, metaEnd)) return Step.MORE;
  beginRules(rules);
  const reason = mutateEntries(p, p + HEAD_BYTES, p + metaEnd, USER_FIELDS);
  if (reason != Reason.NONE) return refuseEdit(reason);
  return finish(total, metaEnd);
}

/** Two of them, which protobuf makes one of, are written by nobody who has nothing to hide. */
function findRequest(at: usize, end: usize): bool {
  request = 0;
  hasUserFields = false;
  let field = readField(at, end);
  while (field == Field.READ) {
    if (fieldNumber == REQUEST && fieldWire == Wire.BYTES) {
      if (request) return false;
      request = at;
      requestAt = fieldAddress;
      requestEnd = fieldAddress + fieldBytes;
    } else if (fieldNumber == USER_FIELDS) hasUserFields = true;
    at = fieldEnd;
    field = readField(at, end);
  }
  return request != 0 && field == Field.NONE && findMaker();
}

function findMaker(): bool {
  hasExtFields = false;
  isApaches = false;
  let field = readField(requestAt, requestEnd);
  while (field == Field.READ) {
    const next = fieldEnd;
    if (fieldNumber >= TIMEOUT) isApaches = true;
    else if (fieldNumber == REQUEST_ID_OR_EXT_FIELDS && fieldWire == Wire.BYTES) {
      if (readEntry(fieldAddress, fieldEnd)) hasExtFields = true;
      else isApaches = true;
    }
    field = readField(next, requestEnd);
  }
  return field == Field.NONE;
}

function finish(total: u32, metaEnd: u32): Step {
  if (!editCount) return Step.DONE;
  editNumber(<u32>BODY_SIZE_AT, 4, total - HEAD_BYTES + growth);
  editNumber(<u32>META_SIZE_AT, 4, metaEnd - HEAD_BYTES + growth);
  return endEdits();
}
