import { Demand } from "../codec/attributes";
import { decodeRequest, Protocol, scanRequest } from "../codec/codec";
import { message } from "../codec/message";
import { Step } from "../codec/step";
import { Region } from "../host/arena";
import { Buffer, fetch } from "../host/buffer";
import { SCAN_FETCH_BYTES } from "../memory/limits";
import { State } from "../memory/state";
import { demandOf, Table } from "../route/table";
import { fetchTo, read } from "./read";

/**
 * Decodes the client's message at `read.at`, or the next part of the one under way, as far as the table's routes ask; what of it is in the
 * read buffer is fetched as needed. Step.MORE: `message.need` bytes of it must be in the read buffer.
 */
export function decodeNext(protocol: Protocol, state: State, table: Table): Step {
  if (read.at >= read.memoryBytes) fetchTo(read.at + 1);
  const demand = demandOf(table, protocol);
  let step = decodeHere(protocol, state, table, demand);
  while (step == Step.MORE && message.need <= read.size - read.at) {
    fetchTo(read.at + message.need);
    step = decodeHere(protocol, state, table, demand);
  }
  return step == Step.SCAN ? scan(protocol, state, demand) : step;
}

function decodeHere(protocol: Protocol, state: State, table: Table, demand: Demand): Step {
  const bytes = read.memoryBytes - read.at;
  return decodeRequest(protocol, state, read.memory + read.at, bytes, table.maxMessageBytes, demand, message);
}

/** The attributes that are wanted lie behind the arguments: the message waits until it is here, then they are looked for. */
function scan(protocol: Protocol, state: State, demand: Demand): Step {
  if (message.total > read.size - read.at) {
    message.need = message.total;
    return Step.MORE;
  }
  let step = Step.SCAN;
  while (step == Step.SCAN) {
    const from = message.scanAt;
    const bytes = min<u32>(SCAN_FETCH_BYTES, message.total - from);
    const window = read.isKept
      ? read.memory + read.at + from
      : fetch(Buffer.DOWNSTREAM, read.at + from, bytes, Region.SCAN);
    step = scanRequest(protocol, state, window, bytes, demand, message);
  }
  return step;
}
