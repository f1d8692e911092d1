/** The callbacks of proxy-wasm that Envoy makes (ABI 0.2.1), each handed on to `proxy`. */
import "./host/abort";
import * as lifecycle from "./proxy/lifecycle";
import { onRead } from "./proxy/request";
import { onWrite } from "./proxy/response";

/** What `meltemi explain` asks, outside of Envoy. */
export { allocate as meltemi_allocate, explain as meltemi_explain } from "./config/explain";
export { malloc } from "./host/arena";

/** The host keeps the read buffer: what is to be passed on is passed on by `continueDownstream`. */
const STOP_ITERATION: i32 = 1;
const CONTINUE: i32 = 0;

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(context: u32, parent: u32): void {
  lifecycle.createContext(context, parent);
}

export function proxy_on_vm_start(root: u32, configurationBytes: u32): u32 {
  return 1;
}

export function proxy_on_configure(root: u32, configurationBytes: u32): u32 {
  const accepted = lifecycle.configure(root, configurationBytes);
  // Reading a configuration may leave garbage; no managed reference is on the stack here.
  __collect();
  return accepted ? 1 : 0;
}

export function proxy_on_tick(root: u32): void {
  lifecycle.tick();
}

export function proxy_on_queue_ready(root: u32, token: u32): void {
  lifecycle.visitWoken();
}

export function proxy_on_new_connection(context: u32): i32 {
  return lifecycle.acceptConnection(context) ? CONTINUE : STOP_ITERATION;
}

export function proxy_on_downstream_data(context: u32, bytes: u32, endOfStream: u32): i32 {
  const connection = lifecycle.connectionOf(context);
  if (bytes && connection) onRead(connection, bytes);
  return STOP_ITERATION;
}

export function proxy_on_upstream_data(context: u32, bytes: u32, endOfStream: u32): i32 {
  const connection = lifecycle.connectionOf(context);
  if (bytes && connection) onWrite(connection, bytes);
  return CONTINUE;
}

export function proxy_on_done(context: u32): u32 {
  lifecycle.contextDone(context);
  return 1;
}

export function proxy_on_delete(context: u32): void {
  lifecycle.deleteContext(context);
}
