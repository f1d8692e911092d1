import { slotAddress, slotLength } from "../codec/attributes";
import { decodeRequest, decodeResponse, problemAt } from "../codec/declared/codec";
import { Kind, message } from "../codec/message";
import { reasonText } from "../codec/reason";
import { Step } from "../codec/step";
import { lastTable, Table } from "../route/table";
import { beginOutput, endOutput, raw, writeInteger, writeText } from "./json-writer";

/**
 * What the declared protocol of the last table configured reads in `length` bytes from `allocate`, which are given back here: the first
 * message of a client (`isRequest`) or of an upstream. The answer is [ length u32 | JSON ] and stands until the next one. Its form:
 * `adapter/evaluate/decode.ts`.
 */
export function decode(input: usize, length: u32, isRequest: bool): usize {
  beginOutput();
  const table = lastTable;
  if (!table) raw('{"step":"none"}');
  else {
    const step = isRequest
      ? decodeRequest(table.program, input, length, table.maxMessageBytes, table.demand, message)
      : decodeResponse(table.program, input, length, message);
    writeMessage(table, step, isRequest);
  }
  heap.free(input);
  return endOutput();
}

function writeMessage(table: Table, step: Step, isRequest: bool): void {
  raw(
    step == Step.DONE
      ? '{"step":"done","total":'
      : step == Step.MORE
        ? '{"step":"more","total":'
        : '{"step":"bad","total":',
  );
  writeInteger(message.total);
  raw(message.framed ? ',"framed":true,"kind":"' : ',"framed":false,"kind":"');
  raw(kindText(message.kind));
  raw('","id":"');
  writeUnsigned(message.id);
  raw('","status":');
  writeInteger(<i32>message.status);
  raw(message.ok ? ',"ok":true,"need":' : ',"ok":false,"need":');
  writeInteger(step == Step.MORE ? message.need : 0);
  raw(',"reason":"');
  raw(step == Step.BAD ? reasonText(message.reason) : "");
  raw('","at":');
  writeInteger(step == Step.BAD ? problemAt : 0);
  raw(',"service":');
  writeText(message.service, message.serviceBytes);
  raw(',"method":');
  writeText(message.method, message.methodBytes);
  raw(',"attributes":{');
  let any = false;
  for (let slot = 0; isRequest && slot < table.demand.slotCount; slot++) {
    if (!slotAddress(slot)) continue;
    if (any) raw(",");
    any = true;
    const name = table.attributes + ((<usize>slot) << 3);
    writeText(<usize>load<u32>(name), load<u32>(name, 4));
    raw(":");
    writeText(slotAddress(slot), slotLength(slot));
  }
  raw("}}");
}

/** An id has 64 bits, which the numbers of JSON's readers have not. */
function writeUnsigned(value: u64): void {
  if (value >= 10) writeUnsigned(value / 10);
  writeInteger(<i64>(value % 10));
}

/** As declarations name them. */
function kindText(kind: Kind): string {
  switch (kind) {
    case Kind.CALL:
      return "CALL";
    case Kind.ONE_WAY:
      return "ONE_WAY";
    case Kind.HEARTBEAT:
      return "HEARTBEAT";
    case Kind.EVENT:
      return "NOTICE";
    case Kind.GOING_AWAY:
      return "GOING_AWAY";
    default:
      return "ANSWER";
  }
}
