import {
  proxy_dequeue_shared_queue,
  proxy_enqueue_shared_queue,
  proxy_register_shared_queue,
} from "@solo-io/proxy-runtime/assembly/imports";
import { asciiOf } from "../memory/ascii";
import { vmNumber } from "./shared-data";

/**
 * "Soon, but not now": an item in a shared queue makes the host call `proxy_on_queue_ready` in the next turn of the worker's
 * event loop, about 0.1 ms later, outside of the HTTP/2 codec. The queue's name is unique to this VM, because a name that two
 * VMs (two workers) register belongs to the last one.
 */
const NAME_BYTES: usize = 12;
const name: usize = asciiOf("meltemi.\0\0\0\0"); // and the number
const valueCell: usize = memory.data(8);
const sizeCell: usize = memory.data(8);
const tokenCell: usize = memory.data(8);
let token: u32 = 0;
let pending: bool = false;

/** Registers the queue for the root context in effect: the newest one, or one that remains when another goes. */
export function registerQueue(): void {
  store<u32>(name + 8, vmNumber());
  proxy_register_shared_queue(name, NAME_BYTES, tokenCell);
  token = load<u32>(tokenCell);
  // What was pending for the former root context may have been lost with it.
  if (pending) proxy_enqueue_shared_queue(token, name, 1);
}

/** Asks for one `proxy_on_queue_ready`, unless one is on its way. */
export function wake(): void {
  if (pending) return;
  pending = proxy_enqueue_shared_queue(token, name, 1) == 0;
}

/** To be called first in `proxy_on_queue_ready`. */
export function drainQueue(): void {
  pending = false;
  while (proxy_dequeue_shared_queue(token, valueCell, sizeCell) == 0) {}
}
