import { Protocol } from "../codec/codec";
import { hashBytes } from "../memory/bytes";
import {
  DEFAULT_CALLS_PER_TUNNEL,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_MAX_TUNNEL_AGE_MS,
  DEFAULT_MAX_TUNNELS_OF_CLUSTER,
  DEFAULT_READ_BUFFER_BYTES,
  DEFAULT_TUNNEL_IDLE_TIMEOUT_MS,
  MAX_SLOTS,
} from "../memory/limits";
import { Arena, copyInto, freeArena, newArena, take } from "./arena";
import { ByteMap, copyMap, insert, lookup, newMap } from "./byte-map";
import { addTo, Chains, newChains, valueIn } from "./chains";
import { Condition, Literal, Matcher, setLiteral } from "./condition";
import { buildTree } from "./decision-tree";
import { newDemand } from "./demand";
import { drain, drainFrom, List, newList, push } from "./list";
import { Authorization } from "./policies/authorization";
import { openBuckets } from "./policies/buckets";
import { Mutation, Mutations, mutationsAt } from "./policies/mutation";
import { OutlierDetection } from "./policies/outlier-detection";
import { Alternative, RateLimit } from "./policies/rate-limit";
import { Retry } from "./policies/retry";
import { Automaton } from "./regex/automaton";
import { inner, innerBytes, isExact, prefix, prefixBytes, suffix, suffixBytes } from "./regex/literals";
import { compileRegex } from "./regex/regex";
import { freeWorkspace, newWorkspace, Workspace } from "./regex/workspace";
import {
  Cluster,
  ConnectionSettings,
  freeTable,
  MAX_PROTOCOLS,
  PROTOCOL_ENTRY_BYTES,
  programCell,
  Route,
  setLastTable,
  Table,
  VirtualHost,
} from "./table";

/**
 * Puts a table together: `beginTable`; for each virtual host its routes, for each route its conditions and clusters; then
 * `finishTable` or `abandonTable`. One table at a time, so what is under construction is in static registers.
 */
let table: Table = changetype<Table>(0);
let serials: u32 = 0;

/** What only construction needs. */
let scratch: Arena = changetype<Arena>(0);
let services: ByteMap = changetype<ByteMap>(0);
let addresses: ByteMap = changetype<ByteMap>(0);
let hostNames: Chains = changetype<Chains>(0);
let clusters: Chains = changetype<Chains>(0);
/** All that tells conditions apart, to Condition. */
let conditions: Chains = changetype<Chains>(0);
let routes: List = changetype<List>(0);
let routeConditions: List = changetype<List>(0);
let routeClusters: List = changetype<List>(0);
/** [ index of the destination u32 | Mutation for calls u32 | Mutation for answers u32 ], of those that have any. */
let routeMutations: List = changetype<List>(0);
let totalWeight: u64 = 0;
/** There once a regex has come. */
let workspace: Workspace | null = null;

/** Bytes of the configuration for a virtual host with a service, a condition and two clusters, about: maps of that size need not grow. */
const BYTES_PER_ENTRY: u32 = 256;

/** What tells a condition from all others: this, then the text. */
@unmanaged
class ConditionKey {
  start: i64;
  end: i64;
  slot: i32;
  matcher: Matcher;
  invert: bool;
  wanted: bool;
}

/** The condition to be added next: filled by the reader, then `addCondition`. */
@unmanaged
export class Draft {
  slot: i32;
  matcher: Matcher;
  invert: bool;
  wanted: bool;
  start: i64;
  end: i64;
  text: usize;
  textLength: u32;
}

export const draft: Draft = changetype<Draft>(memory.data(offsetof<Draft>(), 8));

/** `inputBytes`: length of what the table is read from. */
export function beginTable(inputBytes: u32): void {
  const arena = newArena();
  table = changetype<Table>(take(arena, offsetof<Table>()));
  table.arena = arena;
  table.serial = ++serials;
  table.maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES;
  table.readBufferBytes = DEFAULT_READ_BUFFER_BYTES;
  table.connection = changetype<ConnectionSettings>(take(arena, offsetof<ConnectionSettings>()));
  table.connection.tunnelIdleTimeout_ms = DEFAULT_TUNNEL_IDLE_TIMEOUT_MS;
  table.attributes = take(arena, (<usize>MAX_SLOTS) << 3);
  scratch = newArena();
  const expected = inputBytes / BYTES_PER_ENTRY;
  services = newMap(scratch, expected);
  addresses = newMap(scratch, 0);
  hostNames = newChains(scratch, expected);
  clusters = newChains(scratch, expected << 1);
  conditions = newChains(scratch, expected);
  routes = newList(scratch);
  routeConditions = newList(scratch);
  routeClusters = newList(scratch);
  routeMutations = newList(scratch);
  totalWeight = 0;
}

/** The table, to be asked with messages of `protocol`: of AUTO with those of the protocols that were added. */
export function finishTable(protocol: i32): Table {
  if (protocol == Protocol.AUTO) {
    for (let i: u32 = 0; i < table.protocolCount; i++) {
      const entry = table.protocols + i * PROTOCOL_ENTRY_BYTES;
      store<u32>(entry, <u32>changetype<usize>(newDemand(table, load<i32>(entry))), 4);
    }
  } else table.demand = newDemand(table, protocol == Protocol.DECLARED ? programCell(table) : protocol);
  table.services = copyMap(services, table.arena);
  table.addresses = copyMap(addresses, table.arena);
  freeScratch();
  setLastTable(table);
  return table;
}

/** Adds one of those that connections may speak. False: it is there already. */
export function addProtocol(protocol: i32): bool {
  if (!table.protocols) table.protocols = take(table.arena, MAX_PROTOCOLS * PROTOCOL_ENTRY_BYTES);
  for (let i: u32 = 0; i < table.protocolCount; i++) {
    if (load<i32>(table.protocols + i * PROTOCOL_ENTRY_BYTES) == protocol) return false;
  }
  store<i32>(table.protocols + table.protocolCount++ * PROTOCOL_ENTRY_BYTES, protocol);
  return true;
}

/** How many were added, and each of them. */
export function protocolCount(): u32 {
  return table.protocolCount;
}

export function protocolAt(index: u32): i32 {
  return load<i32>(table.protocols + index * PROTOCOL_ENTRY_BYTES);
}

export function abandonTable(): void {
  freeScratch();
  freeTable(table);
}

export function setMaxMessageBytes(bytes: u32): void {
  table.maxMessageBytes = bytes;
}

/** Room for the program of a declared protocol; it is kept with the table once it is found good. */
export function reserveProgram(bytes: u32): usize {
  return take(table.arena, bytes);
}

export function setProgram(program: usize): void {
  table.program = program;
}

export function setVersion(version: usize, length: u32): void {
  table.version = keepText(version, length);
  table.versionBytes = length;
}

export function setCode(code: usize, length: u32): void {
  table.code = keepText(code, length);
  table.codeBytes = length;
}

export function setStandsInFor(listener: usize, length: u32): void {
  table.standsInFor = keepText(listener, length);
  table.standsInForBytes = length;
}

export function setReadBufferBytes(bytes: u32): void {
  table.readBufferBytes = bytes;
}

/** The settings of connections, to be filled. */
export function connectionSettings(): ConnectionSettings {
  return table.connection;
}

/** The table's cluster of this name; settings and routes may come in any order. */
export function clusterOf(name: usize, length: u32): Cluster {
  const hash = hashBytes(name, length);
  const known = valueIn(clusters, hash, name, length);
  if (known) return changetype<Cluster>(<usize>known);
  const cluster = changetype<Cluster>(take(table.arena, offsetof<Cluster>()));
  cluster.text = keepText(name, length);
  cluster.textLength = length;
  cluster.nameHash = hash;
  cluster.minTunnels = 1;
  cluster.maxTunnels = DEFAULT_MAX_TUNNELS_OF_CLUSTER;
  cluster.callsPerTunnel = DEFAULT_CALLS_PER_TUNNEL;
  cluster.maxTunnelAge_ms = DEFAULT_MAX_TUNNEL_AGE_MS;
  addTo(clusters, scratch, hash, cluster.text, length, <u32>changetype<usize>(cluster));
  return cluster;
}

/** The cluster's hosts are to be judged. */
export function setOutlierDetection(cluster: Cluster, detection: OutlierDetection): void {
  cluster.outlierDetection = detection;
  detection.cluster = cluster;
  detection.next = table.firstDetection;
  table.firstDetection = detection;
}

/** A virtual host with nothing in it yet. */
export function newVirtualHost(): VirtualHost {
  table.virtualHostCount++;
  return changetype<VirtualHost>(take(table.arena, offsetof<VirtualHost>()));
}

/** False: the name is taken. */
export function nameVirtualHost(host: VirtualHost, name: usize, length: u32): bool {
  const hash = hashBytes(name, length);
  if (valueIn(hostNames, hash, name, length)) return false;
  host.text = keepText(name, length);
  host.textLength = length;
  addTo(hostNames, scratch, hash, host.text, length, <u32>changetype<usize>(host));
  return true;
}

/** False: another virtual host, or this one, has the service already. */
export function addService(host: VirtualHost, service: usize, length: u32): bool {
  if (length == 1 && load<u8>(service) == 0x2a) {
    if (table.anyService) return false;
    table.anyService = host;
  } else if (!addKey(services, host, service, length)) {
    return false;
  }
  table.serviceCount++;
  return true;
}

/** False: another virtual host, or this one, has the address already. */
export function addAddress(host: VirtualHost, address: usize, length: u32): bool {
  return addKey(addresses, host, address, length);
}

function addKey(map: ByteMap, host: VirtualHost, key: usize, length: u32): bool {
  const hash = hashBytes(key, length);
  if (lookup(map, hash, key, length)) return false;
  const copy = copyInto(table.arena, key, length);
  insert(map, scratch, hash, copy, length, <u32>changetype<usize>(host));
  return true;
}

/** Gives the routes added since the last virtual host to this one. */
export function finishVirtualHost(host: VirtualHost): void {
  host.routeCount = routes.count;
  host.routes = drain(routes, table.arena);
  host.tree = buildTree(table.arena, host.routes, host.routeCount);
}

/** False: the weights add up to more than 32 bits hold. */
export function addCluster(name: usize, length: u32, weight: u32): bool {
  totalWeight += weight;
  if (totalWeight > <u64>u32.MAX_VALUE) return false;
  const cluster = clusterOf(name, length);
  table.cluster = table.clusterCount == 0 || table.cluster == cluster ? cluster : null;
  table.clusterCount++;
  push(routeClusters, scratch, <u32>changetype<usize>(cluster));
  push(routeClusters, scratch, <u32>totalWeight);
  return true;
}

/** What is changed in the messages of the destination that `addCluster` adds next. */
export function addMutations(request: Mutation | null, response: Mutation | null): void {
  push(routeMutations, scratch, routeClusters.count >> 1);
  push(routeMutations, scratch, <u32>changetype<usize>(request));
  push(routeMutations, scratch, <u32>changetype<usize>(response));
}

/** Mutations for each destination of the route that was added last; 0: none has any. */
export function keepMutations(route: Route): usize {
  if (!routeMutations.count) return 0;
  const mutations = take(table.arena, <usize>route.clusterCount * offsetof<Mutations>());
  for (let i: u32 = 0; i < routeMutations.count; i += 3) {
    const entry = routeMutations.words + ((<usize>i) << 2);
    const one = mutationsAt(mutations, load<u32>(entry));
    one.request = changetype<Mutation | null>(<usize>load<u32>(entry, 4));
    one.response = changetype<Mutation | null>(<usize>load<u32>(entry, 8));
  }
  routeMutations.count = 0;
  return mutations;
}

/** The route of the conditions and clusters added since the last one. Null: the weights add up to nothing. */
export function addRoute(): Route | null {
  if (totalWeight == 0) return null;
  const route = changetype<Route>(take(table.arena, offsetof<Route>()));
  route.order = routes.count;
  route.conditionCount = routeConditions.count;
  route.conditions = drain(routeConditions, table.arena);
  route.clusterCount = routeClusters.count >> 1;
  route.clusters = drain(routeClusters, table.arena);
  route.totalWeight = <u32>totalWeight;
  totalWeight = 0;
  push(routes, scratch, <u32>changetype<usize>(route));
  table.routeCount++;
  return route;
}

/** Memory of the table, all 0: for what a route asks for, which goes with it. */
export function takeOfTable(bytes: u32): usize {
  return take(table.arena, bytes);
}

/** The limit is filled: it gets the buckets of its id, which the table holds until it is freed. */
export function finishRateLimit(limit: RateLimit): void {
  limit.buckets = openBuckets(limit.scope, limit.id, limit.idBytes);
  limit.nextOfTable = table.firstRateLimit;
  table.firstRateLimit = limit;
}

/** The conditions that were added since there were `before` are those of what is within a route, not the route's own. */
export function takeAlternative(before: u32): Alternative {
  const one = changetype<Alternative>(take(table.arena, offsetof<Alternative>()));
  one.count = routeConditions.count - before;
  one.conditions = drainFrom(routeConditions, table.arena, before);
  return one;
}

export function setAuthorization(authorization: Authorization | null): void {
  table.authorization = authorization;
}

/** What a route changes in messages, by the rules at `rules`. */
export function newMutation(rules: usize, length: u32): Mutation {
  const mutation = changetype<Mutation>(take(table.arena, offsetof<Mutation>()));
  mutation.text = keepText(rules, length);
  mutation.textLength = length;
  mutation.next = table.firstMutation;
  table.firstMutation = mutation;
  return mutation;
}

export function firstMutation(): Mutation | null {
  return table.firstMutation;
}

/** The table's routes refer to it from now on. */
export function addRetry(retry: Retry): void {
  retry.next = table.firstRetry;
  table.firstRetry = retry;
}

export function keepText(text: usize, length: u32): usize {
  return copyInto(table.arena, text, length);
}

export function conditionCount(): u32 {
  return routeConditions.count;
}

/** The slot of an attribute. -1: no slot is left. */
export function slotOf(name: usize, length: u32): i32 {
  for (let slot = 0; slot < table.attributeCount; slot++) {
    const entry = table.attributes + ((<usize>slot) << 3);
    if (load<u32>(entry, 4) == length && memory.compare(<usize>load<u32>(entry), name, length) == 0) return slot;
  }
  if (table.attributeCount == MAX_SLOTS) return -1;
  const slot = table.attributeCount++;
  store<u32>(table.attributes + ((<usize>slot) << 3), <u32>keepText(name, length));
  store<u32>(table.attributes + ((<usize>slot) << 3), length, 4);
  return slot;
}

/** Adds the draft to the route under construction. False: its regex is refused, `pattern.problem` says why. */
export function addCondition(): bool {
  const keyBytes = <u32>offsetof<ConditionKey>() + draft.textLength;
  const key = take(scratch, keyBytes);
  const head = changetype<ConditionKey>(key);
  head.slot = draft.slot;
  head.matcher = draft.matcher;
  head.invert = draft.invert;
  head.wanted = draft.wanted;
  head.start = draft.start;
  head.end = draft.end;
  memory.copy(key + offsetof<ConditionKey>(), draft.text, draft.textLength);
  const hash = hashBytes(key, keyBytes);
  let condition = changetype<Condition | null>(<usize>valueIn(conditions, hash, key, keyBytes));
  if (condition) {
    // Comparing a literal is as cheap as looking up whether it was compared.
    condition.shared = condition.matcher == Matcher.REGEX || condition.matcher == Matcher.CONTAINS;
  } else {
    condition = newCondition();
    if (!condition) return false;
    addTo(conditions, scratch, hash, key, keyBytes, <u32>changetype<usize>(condition));
    table.conditionCount++;
  }
  push(routeConditions, scratch, <u32>changetype<usize>(condition));
  return true;
}

function newCondition(): Condition | null {
  const condition = changetype<Condition>(take(table.arena, offsetof<Condition>()));
  condition.slot = draft.slot;
  condition.matcher = draft.matcher;
  condition.invert = draft.invert;
  condition.wanted = draft.wanted;
  condition.start = draft.start;
  condition.end = draft.end;
  condition.text = keepText(draft.text, draft.textLength);
  condition.textLength = draft.textLength;
  if (condition.matcher == Matcher.REGEX) {
    condition.automaton = compileText(condition);
    if (!condition.automaton) return null;
  }
  // What a value must not be does not lead to the routes that want others.
  if (!condition.invert) noteLiterals(condition);
  return condition;
}

function compileText(condition: Condition): Automaton | null {
  if (!workspace) workspace = newWorkspace();
  return compileRegex(table.arena, workspace!, condition.text, condition.textLength);
}

function noteLiterals(condition: Condition): void {
  const text = condition.text;
  const length = condition.textLength;
  switch (condition.matcher) {
    case Matcher.EXACT:
      setLiteral(condition, Literal.EXACT, text, length);
      break;
    case Matcher.PREFIX:
      if (length > 0) setLiteral(condition, Literal.PREFIX, text, length);
      break;
    case Matcher.SUFFIX:
      if (length > 0) setLiteral(condition, Literal.SUFFIX, text, length);
      break;
    case Matcher.CONTAINS:
      if (length > 1) setLiteral(condition, Literal.CONTAINS, text, length);
      break;
    case Matcher.REGEX:
      if (isExact) {
        setLiteral(condition, Literal.EXACT, prefix, prefixBytes);
        break;
      }
      if (prefixBytes > 0) setLiteral(condition, Literal.PREFIX, prefix, prefixBytes);
      if (suffixBytes > 0) setLiteral(condition, Literal.SUFFIX, suffix, suffixBytes);
      if (innerBytes > 1) setLiteral(condition, Literal.CONTAINS, inner, innerBytes);
      break;
  }
}

function freeScratch(): void {
  freeArena(scratch);
  if (workspace) freeWorkspace(workspace!);
  workspace = null;
}
