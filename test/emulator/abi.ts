/** Proxy-Wasm ABI 0.2.1 in numbers. */
export const Status = {
  OK: 0,
  NOT_FOUND: 1,
  BAD_ARGUMENT: 2,
  INVALID_MEMORY_ACCESS: 6,
  EMPTY: 7,
  CAS_MISMATCH: 8,
  UNIMPLEMENTED: 12,
} as const;

export const BufferType = { DOWNSTREAM: 2, UPSTREAM: 3, GRPC_RECEIVE: 5, PLUGIN_CONFIGURATION: 7 } as const;

/** Stream types of continue and close. */
export const StreamType = { DOWNSTREAM: 2, UPSTREAM: 3 } as const;

export const CloseType = { LOCAL: 1, REMOTE: 2 } as const;

export const MetricType = { COUNTER: 0, GAUGE: 1, HISTOGRAM: 2 } as const;

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "critical"] as const;

/** What the filter exports for its host to call. */
export interface FilterExports {
  memory: WebAssembly.Memory;
  malloc(size: number): number;
  _initialize?(): void;
  proxy_on_context_create(context: number, parent: number): void;
  proxy_on_vm_start(root: number, size: number): number;
  proxy_on_configure(root: number, size: number): number;
  proxy_on_tick?(root: number): void;
  proxy_on_queue_ready?(root: number, token: number): void;
  proxy_on_grpc_receive?(root: number, token: number, size: number): void;
  proxy_on_grpc_close?(root: number, token: number, status: number): void;
  proxy_on_new_connection?(context: number): number;
  proxy_on_downstream_data(context: number, size: number, end: number): number;
  proxy_on_upstream_data(context: number, size: number, end: number): number;
  proxy_on_downstream_connection_close?(context: number, closeType: number): void;
  proxy_on_upstream_connection_close?(context: number, closeType: number): void;
  proxy_on_done?(context: number): number;
  proxy_on_log?(context: number): void;
  proxy_on_delete?(context: number): void;
}
