import { Demand } from "../codec/attributes";
import { hashBytes } from "../memory/bytes";
import { intern, Name, release } from "../memory/name";
import { Arena, freeArena, reserve } from "./arena";
import { ByteMap, lookup } from "./byte-map";
import { Condition } from "./condition";
import { Node } from "./node";

/**
 * The routes of one listener, compiled. Built by a `Builder`, read by `find`, never changed (but for the memo that shared
 * conditions keep of the message under way). All its memory is one arena; the names it holds are counted.
 */
@unmanaged
export class Table {
  /** No other table of this VM has or had it. Never 0. */
  serial: u32;
  demand: Demand;
  maxMessageBytes: u32;
  /** What Envoy's read buffer may hold. */
  readBufferBytes: u32;
  connection: ConnectionSettings;
  virtualHostCount: u32;
  serviceCount: u32;
  routeCount: u32;
  /** Distinct conditions of all routes. */
  conditionCount: u32;
  /** Service name to VirtualHost. */
  services: ByteMap;
  /** The one cluster that all routes name; null where they name several, or none. */
  cluster: Name | null;
  /** Clusters that routes name, each as often as it is named. */
  clusterCount: u32;
  /** The virtual host of "*". */
  anyService: VirtualHost | null;
  /** Attribute names by slot: [ address u32 | length u32 ]. */
  attributes: usize;
  /** Every reference to a name the table took: [ name u32 | next u32 ]. */
  heldNames: usize;
  arena: Arena;
}

/** What holds for the client connections of the listener. 0 for the first two: never. */
@unmanaged
export class ConnectionSettings {
  maxAge_ms: u32;
  idleTimeout_ms: u32;
  tunnelIdleTimeout_ms: u32;
}

/**
 * A cluster that routes lead to, once for the whole table. It goes when the table does, and its settings with it: what
 * outlives the table holds on to the name.
 */
@unmanaged
export class Cluster {
  name: Name;
  minTunnels: u32;
  maxTunnels: u32;
  callsPerTunnel: u32;
  maxTunnelAge_ms: u32;
  /** 0: no limit. */
  maxTunnelCalls: u32;
  /** The configuration has settings for it. */
  configured: bool;
}

@unmanaged
export class VirtualHost {
  name: Name;
  routeCount: u32;
  /** `routeCount` addresses of routes, in order. */
  routes: usize;
  /** Which routes are worth a look; null where there are none. */
  tree: Node | null;
}

@unmanaged
export class Route {
  /** Position in the virtual host: the lowest that matches wins. */
  order: u32;
  conditionCount: u32;
  /** `conditionCount` addresses of conditions, as configured. */
  conditions: usize;
  clusterCount: u32;
  /** [ Cluster u32 | weight of this and all before it u32 ] */
  clusters: usize;
  totalWeight: u32;
  name: usize;
  nameLength: u32;
  origin: usize;
  originLength: u32;
}

/** The last table that was configured and still stands: what `explain` speaks of. */
export let lastTable: Table | null = null;

export function setLastTable(table: Table): void {
  lastTable = table;
}

export function conditionAt(route: Route, index: u32): Condition {
  return changetype<Condition>(<usize>load<u32>(route.conditions + ((<usize>index) << 2)));
}

export function routeAt(host: VirtualHost, index: u32): Route {
  return changetype<Route>(<usize>load<u32>(host.routes + ((<usize>index) << 2)));
}

/** The virtual host of a service, or null. */
export function virtualHostOf(table: Table, service: usize, length: u32): VirtualHost | null {
  const found = lookup(table.services, hashBytes(service, length), service, length);
  return found ? changetype<VirtualHost>(<usize>found) : table.anyService;
}

/** The cluster of a call on this route, by weight. `random`: 32 random bits. */
export function pickCluster(route: Route, random: u32): Cluster {
  // Multiplying spreads the draw over [0, totalWeight) without a division.
  const draw = <u32>((<u64>random * <u64>route.totalWeight) >> 32);
  let entry = route.clusters;
  while (load<u32>(entry, 4) <= draw) entry += 8;
  return changetype<Cluster>(<usize>load<u32>(entry));
}

/** A name that the table holds until it is freed. */
export function holdName(table: Table, address: usize, length: u32): Name {
  const name = intern(address, length);
  const held = reserve(table.arena, 8);
  store<u32>(held, <u32>changetype<usize>(name));
  store<u32>(held, <u32>table.heldNames, 4);
  table.heldNames = held;
  return name;
}

/** Gives back all of the table's memory and names. */
export function freeTable(table: Table): void {
  if (lastTable == table) lastTable = null;
  let held = table.heldNames;
  while (held) {
    release(changetype<Name>(<usize>load<u32>(held)));
    held = <usize>load<u32>(held, 4);
  }
  freeArena(table.arena);
}
