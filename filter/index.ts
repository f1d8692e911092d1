/** The callbacks of proxy-wasm that Envoy makes (ABI 0.2.1), each handed on to `proxy`. */
import "./host/abort";
import { choose } from "./proxy/carried/choose";
import { observeAnswers } from "./proxy/carried/observe-answers";
import { observeCalls } from "./proxy/carried/observe-calls";
import * as lifecycle from "./proxy/lifecycle";
import { Mode } from "./proxy/mode";
import { onRead } from "./proxy/request";
import { onWrite } from "./proxy/response";

/** What `meltemi check --capture` and `meltemi explain` ask, outside of Envoy. */
export { decode as meltemi_decode } from "./config/decode";
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
  lifecycle.tick(root);
}

export function proxy_on_queue_ready(root: u32, token: u32): void {
  lifecycle.visitWoken(root);
}

export function proxy_on_grpc_receive(root: u32, token: u32, bytes: u32): void {
  lifecycle.receiveGrpc(token, bytes);
}

export function proxy_on_grpc_close(root: u32, token: u32, status: u32): void {
  lifecycle.closeGrpc(token);
}

export function proxy_on_new_connection(context: u32): i32 {
  return lifecycle.acceptConnection(context) ? CONTINUE : STOP_ITERATION;
}

export function proxy_on_downstream_data(context: u32, bytes: u32, endOfStream: u32): i32 {
  const connection = lifecycle.connectionOf(context);
  if (!connection) return carriedRead(context, bytes, endOfStream);
  if (bytes) onRead(connection, bytes);
  return STOP_ITERATION;
}

export function proxy_on_upstream_data(context: u32, bytes: u32, endOfStream: u32): i32 {
  const connection = lifecycle.connectionOf(context);
  if (!connection) carriedWrite(context, bytes);
  else if (bytes) onWrite(connection, bytes);
  return CONTINUE;
}

/** Of a connection that tcp_proxy carries, or of one that was refused when it came. */
function carriedRead(context: u32, bytes: u32, endOfStream: u32): i32 {
  const carried = lifecycle.carriedOf(context);
  if (!carried) return STOP_ITERATION;
  if (carried.chosen) return CONTINUE;
  const observes = carried.listener.mode == Mode.OBSERVE;
  const passes = observes ? observeCalls(carried, bytes) : choose(carried, bytes, endOfStream != 0);
  return passes ? CONTINUE : STOP_ITERATION;
}

function carriedWrite(context: u32, bytes: u32): void {
  const carried = lifecycle.carriedOf(context);
  if (bytes && carried) observeAnswers(carried, bytes);
}

/** proxy-wasm's close types. */
const CLOSED_BY_PEER: i32 = 2;

export function proxy_on_downstream_connection_close(context: u32, by: i32): void {
  lifecycle.connectionClosed(context, by == CLOSED_BY_PEER);
}

export function proxy_on_done(context: u32): u32 {
  lifecycle.contextDone(context);
  return 1;
}

export function proxy_on_delete(context: u32): void {
  lifecycle.deleteContext(context);
}
