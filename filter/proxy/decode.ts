import { decodeRequest, scanRequest } from "../codec/codec";
import { message } from "../codec/message";
import { Step } from "../codec/step";
import { Region } from "../host/arena";
import { Buffer, fetch } from "../host/buffer";
import { SCAN_WINDOW_BYTES } from "../memory/limits";
import { Table } from "../route/table";
import { fetchTo, read } from "./read";

/**
 * Decodes the client's message at `read.at` as far as the table's routes ask; what of it is in the read buffer is fetched as
 * needed. Step.MORE: `message.need` bytes of it must be in the read buffer.
 */
export function decodeNext(protocol: i32, table: Table): Step {
  const demand = table.demand;
  if (read.at >= read.memoryBytes) fetchTo(read.at + 1);
  let step = decodeRequest(
    protocol,
    read.memory + read.at,
    read.memoryBytes - read.at,
    table.maxMessageBytes,
    demand,
    message,
  );
  while (step == Step.MORE && message.need <= read.size - read.at) {
    fetchTo(read.at + message.need);
    step = decodeRequest(
      protocol,
      read.memory + read.at,
      read.memoryBytes - read.at,
      table.maxMessageBytes,
      demand,
      message,
    );
  }
  return step == Step.SCAN ? scan(protocol, table) : step;
}

/** The attributes that are wanted lie behind the arguments: the message waits until it is here, then they are looked for. */
function scan(protocol: i32, table: Table): Step {
  if (message.total > read.size - read.at) {
    message.need = message.total;
    return Step.MORE;
  }
  let step = Step.SCAN;
  while (step == Step.SCAN) {
    const from = message.scanAt;
    const bytes = min<u32>(SCAN_WINDOW_BYTES, message.total - from);
    const window = fetch(Buffer.DOWNSTREAM, read.at + from, bytes, Region.SCAN);
    step = scanRequest(protocol, window, bytes, table.demand, message);
  }
  return step;
}
