import { property, propertyBytes } from "../host/property";
import { asciiOf } from "../memory/ascii";
import { Listener } from "./listener";
import { addNameValue, addNumber, addValue, beginLine, endLine } from "./trace";

const connectionId: usize = asciiOf("connection\0id");
const CONNECTION_ID_BYTES: u32 = 13;
const sourceAddress: usize = asciiOf("source\0address");
const SOURCE_ADDRESS_BYTES: u32 = 14;

/**
 * The first line about the connection in effect, which is context `context`: who it is. Returns what Envoy calls it in its own log,
 * and all other lines about it do. Only where nothing of a read is looked at, since properties take its place in memory.
 */
export function introduce(context: u32, event: string, listener: Listener, calls: u32, tunnels: u32): u64 {
  const bytes = property(connectionId, CONNECTION_ID_BYTES);
  const id = bytes && propertyBytes == 8 ? load<u64>(bytes) : context;
  beginLine(id, event);
  addNameValue(" listener=", listener.name);
  const address = property(sourceAddress, SOURCE_ADDRESS_BYTES);
  if (address) addValue(" from=", address, propertyBytes);
  addNumber(" in_flight=", calls);
  addNumber(" tunnels=", tunnels);
  endLine();
  return id;
}
