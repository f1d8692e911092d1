import { EmulatedEnvoy, filterModule } from "../emulator/envoy.js";
import { readBufferBytes, rootIdOf, TABLES, type TableName } from "./tables.js";

/** What a build for tests tells besides (test/support/filter-build.ts); the released one does not. */
interface Told {
  keptBytes?(): number;
}

const REASONS = [
  "not_this_protocol",
  "too_large",
  "bad_answer",
  "answer_cut",
  "drained",
  "idle_timeout",
  "http2_error",
  "too_many_replies",
  "memory_limit",
  "not_configured",
  "no_route",
  "no_call",
  "cluster_not_set",
  "malformed",
  "too_deep",
  "too_many_classes",
  "attribute_too_long",
  "unreadable_serialization",
];
const NAMES = Object.fromEntries(
  Object.keys(TABLES).map((table) => [
    table,
    REASONS.map((reason) => `meltemi_connections_closed_total;listener=${table};reason=${reason}`),
  ]),
) as Record<TableName, string[]>;

/** A worker with a listener for each table, on which case after case is run. */
export class World {
  readonly envoy: EmulatedEnvoy;
  private readonly configured = new Set<TableName>();

  constructor(module: WebAssembly.Module = filterModule()) {
    this.envoy = new EmulatedEnvoy(module);
  }

  connect(table: TableName, next: Parameters<EmulatedEnvoy["connect"]>[1]): ReturnType<EmulatedEnvoy["connect"]> {
    this.configure(table);
    this.envoy.readBufferLimit_bytes = readBufferBytes(table);
    return this.envoy.connect(table, next);
  }

  private configure(table: TableName): void {
    if (this.configured.has(table)) return;
    this.configured.add(table);
    if (this.envoy.configureWorker(table, JSON.stringify(TABLES[table]), rootIdOf(table))) return;
    throw new Error(`table ${table} was refused: ${this.envoy.log.join("\n")}`);
  }

  /** A second passes, in which the filter tells what it has counted. */
  tellCounts(): void {
    this.envoy.vm.tick();
    this.envoy.run();
  }

  /** Why connections of a listener were closed so far, by reason, as far as it was told. */
  closedBy(table: TableName): Map<string, number> {
    const { metrics } = this.envoy;
    return new Map(REASONS.map((reason, i) => [reason, metrics.value(NAMES[table][i] ?? "")]));
  }

  /** Bytes that the filter keeps from one callback to the next; undefined if the build does not tell. */
  get keptBytes(): number | undefined {
    return (this.envoy.vm.exports as Told).keptBytes?.();
  }

  get wasmBytes(): number {
    return this.envoy.vm.memory.size;
  }

  /** The case is over: of its connections nothing is left in the VM. */
  checkEmpty(connectionsBefore: number): void {
    const { keptBytes, connections } = this;
    if (connections !== connectionsBefore) throw new Error(`the VM still has ${connections} connections`);
    if (keptBytes) throw new Error(`${keptBytes} bytes are kept, and no connection is there`);
  }

  /** Connections that the VM still knows. */
  get connections(): number {
    let count = 0;
    for (const { connection } of this.envoy.vm.contexts.values()) if (connection) count++;
    return count;
  }
}

/** Of all reasons. */
export function total(counts: Map<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
