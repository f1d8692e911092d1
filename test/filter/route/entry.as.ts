/** The route table as tests want it: configured, asked and freed from outside. */
import { clearSlots, setSlot } from "../../../filter/codec/attributes";
import { message } from "../../../filter/codec/message";
import { configError, configErrorBytes, readTable } from "../../../filter/config/config";
import { hashBytes } from "../../../filter/memory/bytes";
import { beginRound, Condition } from "../../../filter/route/condition";
import { find, hostOf, routeHolds } from "../../../filter/route/find";
import {
  Cluster,
  conditionAt,
  freeTable,
  pickCluster,
  Route,
  routeAt,
  Table,
  VirtualHost,
} from "../../../filter/route/table";

export function allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function free(address: usize): void {
  heap.free(address);
}

export function read(json: usize, length: u32, protocol: i32): usize {
  return changetype<usize>(readTable(json, length, protocol));
}

export function drop(table: usize): void {
  freeTable(changetype<Table>(table));
}

export function errorAddress(): usize {
  return configError;
}

export function errorBytes(): u32 {
  return configErrorBytes;
}

/** The slot that the table gave an attribute, or -1. */
export function slotOf(table: usize, name: usize, length: u32): i32 {
  const attributes = changetype<Table>(table).attributes;
  for (let slot = 0; slot < changetype<Table>(table).demand.slotCount; slot++) {
    const entry = attributes + ((<usize>slot) << 3);
    if (load<u32>(entry, 4) === length && memory.compare(<usize>load<u32>(entry), name, length) === 0) return slot;
  }
  return -1;
}

export function clear(): void {
  clearSlots(64);
}

export function set(slot: i32, address: usize, length: u32): void {
  setSlot(slot, address, length);
}

export function service(address: usize, length: u32): void {
  message.service = address;
  message.serviceBytes = length;
}

/** The virtual host of the call that `route` looked for last. */
let host: VirtualHost | null = null;

/** Who dials no address. */
function hostOrAny(table: Table): VirtualHost | null {
  return hostOf(table, message) || table.anyService;
}

/** Order of the route, -1 where none matches, -2 where the service is unknown. */
export function route(table: usize): i32 {
  host = hostOrAny(changetype<Table>(table));
  if (!host) return -2;
  const route = find(host!);
  return route ? route.order : -1;
}

/** The same one by one, without the tree. */
export function routeLinear(table: usize): i32 {
  const host = hostOrAny(changetype<Table>(table));
  if (!host) return -2;
  beginRound();
  for (let i: u32 = 0; i < host.routeCount; i++) {
    if (routeHolds(routeAt(host, i))) return i;
  }
  return -1;
}

/** Does `times` look-ups and gives the sum of the orders, that none is optimised away. */
export function routeOften(table: usize, times: i32): i64 {
  let sum: i64 = 0;
  for (let i = 0; i < times; i++) {
    const route = find(hostOrAny(changetype<Table>(table))!);
    sum += route ? route.order : -1;
  }
  return sum;
}

/** Address of the cluster's name for the route that `find` takes; its length by `lastLength`. */
export function cluster(table: usize, random: u32): usize {
  picked = pickCluster(find(hostOrAny(changetype<Table>(table))!)!, random);
  length = picked.textLength;
  return picked.text;
}

let length: u32 = 0;

/** What `cluster` gave last. */
let picked: Cluster = changetype<Cluster>(0);

export function lastLength(): u32 {
  return length;
}

export function virtualHostName(): usize {
  length = host!.textLength;
  return host!.text;
}

/** Whether the first condition of the found route runs on a transition table. */
export function hasTransitions(table: usize, service: usize, length: u32): bool {
  message.service = service;
  message.serviceBytes = length;
  const route: Route = routeAt(hostOrAny(changetype<Table>(table))!, 0);
  const condition: Condition = conditionAt(route, 0);
  return condition.automaton!.transitions !== 0;
}

export function builtinSlot(table: usize, builtin: i32): i32 {
  return load<i32>(changetype<usize>(changetype<Table>(table).demand) + ((<usize>builtin) << 2), 4);
}

export function namedCount(table: usize): i32 {
  return changetype<Table>(table).demand.namedCount;
}

export function maxMessageBytes(table: usize): u32 {
  return changetype<Table>(table).maxMessageBytes;
}

/** A setting of the cluster that `cluster` gave last, by its place in the message. */
export function clusterSetting(field: i32): u32 {
  switch (field) {
    case 0:
      return picked.minTunnels;
    case 1:
      return picked.maxTunnels;
    case 2:
      return picked.callsPerTunnel;
    case 3:
      return picked.maxTunnelAge_ms;
    default:
      return picked.maxTunnelCalls;
  }
}

export function connectionSetting(table: usize, field: i32): u32 {
  const settings = changetype<Table>(table).connection;
  return field === 0 ? settings.maxAge_ms : field === 1 ? settings.idleTimeout_ms : settings.tunnelIdleTimeout_ms;
}

export function hash(address: usize, length: u32): u32 {
  return hashBytes(address, length);
}
