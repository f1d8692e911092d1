import { readFileSync } from "node:fs";
import { Connection, type NextFilter } from "./connection.js";
import type { RootContext } from "./contexts.js";
import { EventLoop } from "./event-loop.js";
import { GrpcCalls } from "./grpc-calls.js";
import { Metrics } from "./metrics.js";
import { SharedData } from "./shared-data.js";
import { SharedQueues } from "./shared-queues.js";
import { type Process, Vm } from "./vm.js";

const FILTER = new URL("../../dist/meltemi.wasm", import.meta.url);
let compiled: WebAssembly.Module | undefined;

/** The filter as it was built, compiled once per test process. */
export function filterModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(FILTER));
  return compiled;
}

/** One worker of one Envoy: a VM, its listeners by name, and the event loop. */
export class EmulatedEnvoy implements Process {
  readonly loop: EventLoop;
  readonly queues: SharedQueues;
  readonly data: SharedData;
  readonly metrics: Metrics;
  readonly grpc: GrpcCalls;
  readonly log: string[];
  readonly logging: Process["logging"];
  readonly node: Process["node"];
  readonly vm: Vm;
  /** Of the connections that are made from now on; Envoy's default. */
  readBufferLimit_bytes = 1 << 20;
  private readonly listeners = new Map<string, RootContext>();
  /** Root contexts by all that Envoy tells plugins apart by: one that still lives is taken again, and not configured anew. */
  private readonly plugins = new Map<string, RootContext>();

  /** `process`: that of another worker, of which this is one more. */
  constructor(
    private readonly module = filterModule(),
    process: Process = newProcess(),
  ) {
    this.loop = process.loop;
    this.queues = process.queues;
    this.data = process.data;
    this.metrics = process.metrics;
    this.grpc = process.grpc;
    this.log = process.log;
    this.logging = process.logging;
    this.node = process.node;
    this.vm = new Vm(module, this);
  }

  /**
   * Gives a listener a configuration, the first or a new one. As Envoy does, it is tried in a VM of its own before the
   * worker's VM sees it; false: it was refused there, and what was in force stays.
   */
  configure(listener: string, configuration: string, protocol = "dubbo"): boolean {
    const bytes = Buffer.from(configuration);
    if (!new Vm(this.module, this).configure(listener, protocol, bytes)) return false;
    return this.configureWorker(listener, configuration, protocol);
  }

  /** The same without the trial: a VM that refuses must keep what it has. */
  configureWorker(listener: string, configuration: string, protocol = "dubbo"): boolean {
    const key = [listener, protocol, configuration].join("\0");
    const known = this.plugins.get(key);
    const root = known?.alive ? known : this.vm.configure(listener, protocol, Buffer.from(configuration));
    if (!root) return false;
    this.plugins.set(key, root);
    root.replaced = false;
    const before = this.listeners.get(listener);
    this.listeners.set(listener, root);
    if (before && before !== root) this.vm.retire(before);
    return true;
  }

  connect(listener: string, next: (connection: Connection) => NextFilter): Connection {
    const root = this.listeners.get(listener);
    if (!root) throw new Error(`no listener ${listener}`);
    return new Connection(this.vm, root, this.readBufferLimit_bytes, next);
  }

  run(): void {
    this.loop.runUntilIdle();
  }
}

function newProcess(): Process {
  return {
    loop: new EventLoop(),
    queues: new SharedQueues(),
    data: new SharedData(),
    metrics: new Metrics(),
    grpc: new GrpcCalls(),
    node: {},
    log: [],
    logging: { level: "info" },
  };
}
