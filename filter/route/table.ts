import { Demand } from "../codec/attributes";
import { hashBytes } from "../memory/bytes";
import { intern, Name, release } from "../memory/name";
import { Arena, freeArena } from "./arena";
import { ByteMap, lookup } from "./byte-map";
import { Condition } from "./condition";
import { Named } from "./named";
import { Node } from "./node";
import { Authorization } from "./policies/authorization";
import { closeBuckets } from "./policies/buckets";
import { ConsistentHash } from "./policies/consistent-hash";
import { Mutation } from "./policies/mutation";
import { OutlierDetection } from "./policies/outlier-detection";
import { RateLimit } from "./policies/rate-limit";
import { Retry, releaseRetry } from "./policies/retry";
import { Policy } from "./policy";

/**
 * The routes of one listener, compiled. Built by a `Builder`, read by `find`, never changed (but for the memo that shared
 * conditions keep of the message under way). All its memory is one arena; the names it holds are counted.
 */
@unmanaged
export class Table {
  /** No other table of this VM has or had it. Never 0. */
  serial: u32;
  /** Of a listener that speaks one protocol. */
  demand: Demand;
  /** Of a declared protocol: what reads its messages, verified. 0 of others. */
  program: usize;
  /** Of one that speaks several, in the order in which they are looked for: [ protocol i32 | Demand u32 ] */
  protocolCount: u32;
  protocols: usize;
  maxMessageBytes: u32;
  /** The configuration's own texts: what tells it from all others, and its filter's code from other code. */
  version: usize;
  versionBytes: u32;
  code: usize;
  codeBytes: u32;
  /** The name of the listener in whose place it is, if in any. */
  standsInFor: usize;
  standsInForBytes: u32;
  /** What Envoy's read buffer may hold. */
  readBufferBytes: u32;
  connection: ConnectionSettings;
  /** Who may call what; null: anybody anything. */
  authorization: Authorization | null;
  virtualHostCount: u32;
  serviceCount: u32;
  routeCount: u32;
  /** Distinct conditions of all routes. */
  conditionCount: u32;
  /** Service name to VirtualHost. */
  services: ByteMap;
  /** Address that a client dialled, to VirtualHost. */
  addresses: ByteMap;
  /** The one cluster that all routes name; null where they name several, or none. */
  cluster: Cluster | null;
  /** Clusters that routes name, each as often as it is named. */
  clusterCount: u32;
  /** The virtual host of "*". */
  anyService: VirtualHost | null;
  /** Attribute names by slot: [ address u32 | length u32 ]. */
  attributes: usize;
  attributeCount: i32;
  /** All that routes change in messages. */
  firstMutation: Mutation | null;
  /** Those whose names it holds. */
  firstHeld: Named | null;
  /** Its routes' rate limits. */
  firstRateLimit: RateLimit | null;
  /** Those that its routes refer to. */
  firstRetry: Retry | null;
  /** Those of all its clusters. */
  firstDetection: OutlierDetection | null;
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
export class Cluster extends Named {
  minTunnels: u32;
  maxTunnels: u32;
  callsPerTunnel: u32;
  maxTunnelAge_ms: u32;
  /** 0: no limit. */
  maxTunnelCalls: u32;
  /** Null: any of its hosts will do. */
  consistentHash: ConsistentHash | null;
  nameHash: u32;
  /** The configuration has settings for it. */
  configured: bool;
  outlierDetection: OutlierDetection | null;
}

@unmanaged
export class VirtualHost extends Named {
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
  policy: Policy | null;
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

/** As many as there are, about. */
export const MAX_PROTOCOLS: u32 = 16;
export const PROTOCOL_ENTRY_BYTES: u32 = 8;

/** What the routes ask of messages of `protocol`, one that the table is for. */
export function demandOf(table: Table, protocol: i32): Demand {
  if (!table.protocolCount) return table.demand;
  let entry = table.protocols;
  for (let i: u32 = 1; i < table.protocolCount && load<i32>(entry) != protocol; i++) entry += PROTOCOL_ENTRY_BYTES;
  return changetype<Demand>(<usize>load<u32>(entry, 4));
}

/** The virtual host that has this service by its name, or null. */
export function virtualHostOf(table: Table, service: usize, length: u32): VirtualHost | null {
  return hostIn(table.services, service, length);
}

/** The virtual host that has this address, or null. */
export function virtualHostAt(table: Table, address: usize, length: u32): VirtualHost | null {
  return hostIn(table.addresses, address, length);
}

function hostIn(map: ByteMap, key: usize, length: u32): VirtualHost | null {
  const found = lookup(map, hashBytes(key, length), key, length);
  return changetype<VirtualHost | null>(<usize>found);
}

/** Which of the route's destinations was picked last. */
export let pickedIndex: u32 = 0;

/** The cluster of a call on this route, by weight. `random`: 32 random bits. */
export function pickCluster(route: Route, random: u32): Cluster {
  // Multiplying spreads the draw over [0, totalWeight) without a division.
  const draw = <u32>((<u64>random * <u64>route.totalWeight) >> 32);
  let entry = route.clusters;
  while (load<u32>(entry, 4) <= draw) entry += 8;
  return pickAt(route, <u32>(entry - route.clusters) >> 3);
}

export function pickAt(route: Route, index: u32): Cluster {
  pickedIndex = index;
  return changetype<Cluster>(<usize>load<u32>(route.clusters + ((<usize>index) << 3)));
}

/** The name of one of the table's virtual hosts, clusters, circuit breakers or mutations, which the table holds until it is freed. */
export function nameOf(table: Table, named: Named): Name {
  let name = named.name;
  if (name) return name;
  name = intern(named.text, named.textLength);
  named.name = name;
  named.nextHeld = table.firstHeld;
  table.firstHeld = named;
  return name;
}

/** What the codec is called with by who has nothing but the table: the address of where its program's stands. */
export function programCell(table: Table): i32 {
  return <i32>changetype<usize>(table) + <i32>offsetof<Table>("program");
}

/** Gives back all of the table's memory and names. */
export function freeTable(table: Table): void {
  if (lastTable == table) lastTable = null;
  let held = table.firstHeld;
  while (held) {
    release(held.name!);
    held = held.nextHeld;
  }
  let limit = table.firstRateLimit;
  while (limit) {
    closeBuckets(limit.buckets);
    limit = limit.nextOfTable;
  }
  let retry = table.firstRetry;
  while (retry) {
    const next = retry.next;
    releaseRetry(retry);
    retry = next;
  }
  freeArena(table.arena);
}
