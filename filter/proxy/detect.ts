import { detect, Protocol } from "../codec/codec";
import { Detection } from "../codec/detection";
import { PROTOCOL_ENTRY_BYTES, Table } from "../route/table";
import { fetchTo, read } from "./read";

/** What tells a protocol stands within so many first bytes. */
const MAX_DETECTION_BYTES: u32 = 64;

/**
 * The protocol of a connection whose first bytes are at `read.at`, of those that the table is for: the first in its order that they
 * fit. AUTO: more of them are needed. UNKNOWN: they fit none.
 */
export function detectProtocol(table: Table): Protocol {
  const bytes = min<u32>(read.size - read.at, MAX_DETECTION_BYTES);
  if (read.memoryBytes < read.at + bytes) fetchTo(read.at + bytes);
  let entry = table.protocols;
  for (let i: u32 = 0; i < table.protocolCount; i++, entry += PROTOCOL_ENTRY_BYTES) {
    const protocol = load<i32>(entry);
    const answer = detect(protocol, read.memory + read.at, bytes);
    if (answer == Detection.YES) return protocol;
    if (answer == Detection.MORE && bytes < MAX_DETECTION_BYTES) return Protocol.AUTO;
  }
  return Protocol.UNKNOWN;
}
