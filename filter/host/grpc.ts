import { Name, nameBytes } from "../memory/name";
import { Region } from "./arena";
import { Buffer, enterConnection, fetch } from "./buffer";
import { proxy_grpc_call } from "./env";

const tokenCell: usize = memory.data(8);
/** No pairs. */
const noMetadata: usize = memory.data(8);

/**
 * Calls a method of a gRPC service that is a cluster of Envoy's, on behalf of the root context `root`: its callbacks come there, and with it
 * the call ends. Afterwards host calls mean `context` again. Returns the token that its answer names, or 0: it cannot be made.
 */
export function callGrpc(
  root: u32,
  context: u32,
  cluster: Name,
  service: usize,
  serviceBytes: u32,
  method: usize,
  methodBytes: u32,
  request: usize,
  requestBytes: u32,
  timeout_ms: u32,
): u32 {
  if (!enterConnection(root)) return 0;
  const status = proxy_grpc_call(
    nameBytes(cluster),
    cluster.length,
    service,
    serviceBytes,
    method,
    methodBytes,
    noMetadata,
    0,
    request,
    requestBytes,
    timeout_ms,
    tokenCell,
  );
  if (context) enterConnection(context);
  return status == 0 ? load<u32>(tokenCell) : 0;
}

/** The message of `proxy_on_grpc_receive`, of `bytes`; 0: the host does not give it. */
export function fetchGrpc(bytes: u32): usize {
  return bytes ? fetch(Buffer.GRPC_RECEIVE, 0, bytes, Region.MAIN) : 0;
}
