import type { FilterExports, LOG_LEVELS } from "./abi.js";
import type { Connection } from "./connection.js";
import { type Context, RootContext, type StreamContext } from "./contexts.js";
import type { EventLoop } from "./event-loop.js";
import type { GrpcCalls } from "./grpc-calls.js";
import { GuestMemory } from "./guest-memory.js";
import { hostFunctions } from "./host-functions.js";
import type { Metrics } from "./metrics.js";
import type { SharedData } from "./shared-data.js";
import type { SharedQueues } from "./shared-queues.js";

/** What all VMs of one Envoy process share. */
export interface Process {
  readonly loop: EventLoop;
  readonly queues: SharedQueues;
  readonly data: SharedData;
  readonly metrics: Metrics;
  readonly grpc: GrpcCalls;
  /** Lines of the filter's log, each with its level in front. */
  readonly log: string[];
  /** What its bootstrap says. */
  readonly node: { labels?: Readonly<Record<string, string>> };
  /** What the admin interface has set for them. */
  readonly logging: { level: (typeof LOG_LEVELS)[number] };
}

/** One worker's VM with the filter in it, called as Envoy calls it (source/extensions/common/wasm/context.cc). */
export class Vm {
  readonly memory: GuestMemory;
  readonly contexts = new Map<number, Context>();
  readonly exports: FilterExports;
  /** The configuration that `proxy_on_configure` may read, while it runs. */
  configuration: Uint8Array | undefined;
  /** What `proxy_on_grpc_receive` may read, while it runs. */
  grpcReceived: Uint8Array | undefined;
  /** The context that host calls mean now: that of the callback, until the filter sets another. */
  current: Context | undefined;
  /** Names of the callbacks that are running, outermost first. */
  readonly callbacks: string[] = [];
  private readonly afterCall: Array<() => void> = [];
  private nextContextId = 2;

  constructor(
    module: WebAssembly.Module,
    readonly process: Process,
  ) {
    // Two VMs are never born at the same instant: filters make unique names of the clock.
    process.loop.now_ns += 1000n;
    this.memory = new GuestMemory(() => this.exports);
    const instance = new WebAssembly.Instance(module, { env: hostFunctions(this, module) });
    this.exports = instance.exports as unknown as FilterExports;
    this.exports._initialize?.();
  }

  /** Starts a root context with this configuration. Undefined: the filter refused it. */
  configure(name: string, protocol: string, configuration: Uint8Array): RootContext | undefined {
    const root = new RootContext(this.nextContextId++, name, protocol);
    this.contexts.set(root.id, root);
    this.call("proxy_on_context_create", root, () => this.exports.proxy_on_context_create(root.id, 0));
    const started = this.call("proxy_on_vm_start", root, () => this.exports.proxy_on_vm_start(root.id, 0));
    this.configuration = configuration;
    const accepted =
      started !== 0 &&
      this.call("proxy_on_configure", root, () => this.exports.proxy_on_configure(root.id, configuration.length)) !== 0;
    this.configuration = undefined;
    if (accepted) return root;
    this.deleteRoot(root);
    return undefined;
  }

  /** The configuration has a successor: its context goes when its last connection has gone. */
  retire(root: RootContext): void {
    root.replaced = true;
    if (root.connections === 0) this.deleteRoot(root);
  }

  createStream(root: RootContext, connection: Connection): StreamContext {
    const context: StreamContext = { id: this.nextContextId++, root, connection };
    this.contexts.set(context.id, context);
    root.connections++;
    this.call("proxy_on_context_create", context, () => this.exports.proxy_on_context_create(context.id, root.id));
    return context;
  }

  deleteStream(context: StreamContext): void {
    const { exports } = this;
    this.call("proxy_on_done", context, () => exports.proxy_on_done?.(context.id));
    this.call("proxy_on_log", context, () => exports.proxy_on_log?.(context.id));
    this.call("proxy_on_delete", context, () => exports.proxy_on_delete?.(context.id));
    this.contexts.delete(context.id);
    context.root.connections--;
    if (context.root.replaced && context.root.connections === 0) this.deleteRoot(context.root);
  }

  /** The timers of all root contexts fire once, after the longest of their periods. */
  tick(): void {
    const roots = [...this.contexts.values()].filter(
      (context) => context instanceof RootContext && context.tick_ms > 0,
    );
    this.process.loop.now_ns += BigInt(Math.max(0, ...roots.map(({ root }) => root.tick_ms))) * 1_000_000n;
    for (const { root } of roots) {
      this.call("proxy_on_tick", root, () => this.exports.proxy_on_tick?.(root.id));
    }
  }

  /** Delivered in a turn of its own, to the context that registered the queue, if that still lives. */
  queueReady(root: RootContext, token: number): void {
    this.process.loop.post(() => {
      if (!root.alive) return;
      this.call("proxy_on_queue_ready", root, () => this.exports.proxy_on_queue_ready?.(root.id, token));
    });
  }

  /** To be done when the callback that is running has returned, before its result is looked at. */
  defer(action: () => void): void {
    this.afterCall.push(action);
  }

  call<T>(callback: string, context: Context, enter: () => T): T {
    const outer = this.current;
    this.current = context;
    this.callbacks.push(callback);
    let result: T;
    try {
      result = enter();
    } finally {
      this.callbacks.pop();
      this.current = outer;
    }
    for (let action = this.afterCall.shift(); action; action = this.afterCall.shift()) action();
    return result;
  }

  private deleteRoot(root: RootContext): void {
    this.call("proxy_on_done", root, () => this.exports.proxy_on_done?.(root.id));
    this.call("proxy_on_delete", root, () => this.exports.proxy_on_delete?.(root.id));
    root.alive = false;
    this.contexts.delete(root.id);
  }
}
