import { proxy_call_foreign_function } from "@solo-io/proxy-runtime/assembly/imports";
import { asciiOf } from "../memory/ascii";

/**
 * Envoy's filter state of a connection, by a function that is Envoy's own and not the ABI's. Its argument is a protobuf message:
 *
 *     0a path · 12 value · 18 span         a length stands before path and value
 */
const functionName: usize = asciiOf("set_envoy_filter_state");
const FUNCTION_BYTES: u32 = 22;
/** tcp_proxy's cluster for this connection. */
const clusterPath: usize = asciiOf("envoy.tcp_proxy.cluster");
const CLUSTER_PATH_BYTES: u32 = 23;
/** Kept for as long as the client's connection. */
const SPAN_CONNECTION: u8 = 2;

/** Longest cluster name that can be set: two bytes of length, and far more than the 253 bytes of a host make. */
export const MAX_CLUSTER_BYTES: u32 = 1024;
const argument: usize = memory.data(1100);
const resultCell: usize = memory.data(8);
const resultBytesCell: usize = memory.data(8);

/** Tells tcp_proxy behind the filter where the connection in effect goes. It looks when bytes are first passed on to it. */
export function setConnectionCluster(name: usize, bytes: u32): bool {
  if (bytes > MAX_CLUSTER_BYTES) return false;
  let out = argument;
  store<u8>(out, 0x0a);
  store<u8>(out, <u8>CLUSTER_PATH_BYTES, 1);
  memory.copy(out + 2, clusterPath, CLUSTER_PATH_BYTES);
  out += 2 + CLUSTER_PATH_BYTES;
  store<u8>(out, 0x12);
  store<u8>(out, <u8>(0x80 | (bytes & 0x7f)), 1);
  store<u8>(out, <u8>(bytes >> 7), 2);
  memory.copy(out + 3, name, bytes);
  out += 3 + bytes;
  store<u8>(out, 0x18);
  store<u8>(out, SPAN_CONNECTION, 1);
  const size = <u32>(out + 2 - argument);
  return proxy_call_foreign_function(functionName, FUNCTION_BYTES, argument, size, resultCell, resultBytesCell) == 0;
}
