import {
  proxy_close_stream,
  proxy_continue_stream,
  proxy_get_buffer_bytes,
  proxy_get_buffer_status,
  proxy_set_effective_context,
} from "@solo-io/proxy-runtime/assembly/imports";
import { Region, useRegion, useTarget } from "./arena";
import { proxy_set_buffer_bytes } from "./env";

/** proxy-wasm's buffer types, as far as a network filter and its configuration go. */
export enum Buffer {
  /** What the client sent and the connection manager has not read yet. */
  DOWNSTREAM = 2,
  /** What the connection manager is writing. */
  UPSTREAM = 3,
  /** The answer to a gRPC call, in its callback. */
  GRPC_RECEIVE = 5,
  PLUGIN_CONFIGURATION = 7,
}

const STREAM_DOWNSTREAM: i32 = 2;
const addressCell: usize = memory.data(8);
const lengthCell: usize = memory.data(8);

/** Bytes that the last fetch returned; fewer than asked for where the buffer holds fewer. */
export let fetched: u32 = 0;

/** Copies buffer bytes [start, start+length) into `region`; 0 if the host refuses. */
export function fetch(buffer: Buffer, start: u32, length: u32, region: Region): usize {
  useRegion(region);
  if (proxy_get_buffer_bytes(buffer, start, length, addressCell, lengthCell) != 0) {
    fetched = 0;
    return 0;
  }
  fetched = load<u32>(lengthCell);
  return load<usize>(addressCell);
}

/** Copies buffer bytes [start, start+length) into `block`, which has room for them. */
export function fetchInto(buffer: Buffer, start: u32, length: u32, block: usize): bool {
  useTarget(block);
  const status = proxy_get_buffer_bytes(buffer, start, length, addressCell, lengthCell);
  useTarget(0);
  return status == 0 && load<u32>(lengthCell) == length;
}

/** Replaces the first `length` bytes of a buffer. What follows them is not copied. */
export function replaceFront(buffer: Buffer, length: u32, data: usize, size: usize): void {
  proxy_set_buffer_bytes(buffer, 0, length, data, size);
}

/** Bytes in the read buffer of the effective connection. */
export function downstreamBytes(): u32 {
  if (proxy_get_buffer_status(Buffer.DOWNSTREAM, lengthCell, addressCell) != 0) return 0;
  return load<u32>(lengthCell);
}

/**
 * Passes the whole read buffer of the effective connection on to the connection manager. Envoy does so when the callback
 * that we are in has returned: nothing may be done to the buffer after this call. Never call it from
 * `proxy_on_upstream_data`: that runs inside the HTTP/2 codec's send, and continuing would enter the codec again.
 */
export function continueDownstream(): void {
  proxy_continue_stream(STREAM_DOWNSTREAM);
}

/** Closes the client's connection once what has been written to it is flushed. Not from `proxy_on_upstream_data`. */
export function closeDownstream(): void {
  proxy_close_stream(STREAM_DOWNSTREAM);
}

/** Lets the calls above work on connection `context` from a callback that is not its own. */
export function enterConnection(context: u32): bool {
  return proxy_set_effective_context(context) == 0;
}
