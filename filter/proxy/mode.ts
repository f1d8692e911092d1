import { asciiOf } from "../memory/ascii";
import { equalBytes } from "../memory/bytes";

/** What a listener does with its connections. */
export enum Mode {
  /** Each call goes its own way, through tunnels of the connection manager behind the filter. */
  CALL,
  /** The first call picks the cluster of the whole connection, which tcp_proxy behind the filter carries. */
  CONNECTION,
  /** tcp_proxy carries all connections to one cluster. Calls and answers are counted as they pass. */
  OBSERVE,
  UNKNOWN,
}

const connection: usize = asciiOf("connection");
const observe: usize = asciiOf("observe");

/** Of what stands behind the protocol in the plugin's root id, "dubbo/observe" say; without a slash calls are routed. */
export function modeOf(rootId: usize, bytes: u32, protocolBytes: u32): Mode {
  if (bytes == protocolBytes) return Mode.CALL;
  const name = rootId + protocolBytes + 1;
  const length = bytes - protocolBytes - 1;
  if (length == 10 && equalBytes(name, connection, 10)) return Mode.CONNECTION;
  if (length == 7 && equalBytes(name, observe, 7)) return Mode.OBSERVE;
  return Mode.UNKNOWN;
}

/** How many bytes of a root id name the protocol. */
export function protocolBytesOf(rootId: usize, bytes: u32): u32 {
  let length: u32 = 0;
  while (length < bytes && load<u8>(rootId + length) != 0x2f) length++;
  return length;
}
