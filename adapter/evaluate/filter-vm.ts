import { Instance, Module, type WasmModule } from "./web-assembly.js";

/** Status codes of the proxy-wasm ABI. */
const OK = 0;
const NOT_FOUND = 1;
const EMPTY = 7;

/** Buffer types of the ABI. */
const PLUGIN_CONFIGURATION = 7;

/** Context ids. The filter's root context is its first. */
const ROOT_CONTEXT = 1;

interface FilterExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  _initialize?(): void;
  proxy_on_context_create(context: number, parent: number): void;
  proxy_on_vm_start(root: number, configurationBytes: number): number;
  proxy_on_configure(root: number, configurationBytes: number): number;
  meltemi_allocate(bytes: number): number;
  meltemi_explain(input: number, length: number): number;
  meltemi_decode(input: number, length: number, isRequest: number): number;
}

/** The name of the listener that the filter is told; it is in its log lines. */
const LISTENER = "evaluation";

/** The filter's code, to be used in any number of VMs. */
export function loadFilter(wasm: Uint8Array): WasmModule {
  return new Module(wasm);
}

/**
 * The filter in a VM of its own, with just enough of Envoy to be configured: it can read its configuration and its name, and
 * write to its log. Metrics, timers and queues lead nowhere.
 */
export class FilterVm {
  private readonly filter: FilterExports;
  private readonly properties: ReadonlyMap<string, Uint8Array>;
  private configuration: Uint8Array = new Uint8Array();
  private lastId = 0;
  private readonly lines: string[] = [];

  constructor(module: WasmModule, protocol: string) {
    this.properties = new Map([
      ["plugin_name", encode(LISTENER)],
      ["plugin_root_id", encode(protocol)],
    ]);
    const env: Record<string, unknown> = { ...this.host() };
    for (const { name } of Module.imports(module)) env[name] ??= () => OK;
    this.filter = new Instance(module, { env }).exports as unknown as FilterExports;
    this.filter._initialize?.();
    this.filter.proxy_on_context_create(ROOT_CONTEXT, 0);
    this.filter.proxy_on_vm_start(ROOT_CONTEXT, 0);
  }

  /** Undefined where the filter takes the configuration, else what it says against it. */
  configure(json: string): string | undefined {
    this.configuration = encode(json);
    this.lines.length = 0;
    if (this.filter.proxy_on_configure(ROOT_CONTEXT, this.configuration.length) !== 0) return undefined;
    const line = this.lines.at(-1) ?? "";
    const refusal = `configuration of listener ${LISTENER} refused: `;
    const at = line.indexOf(refusal);
    return at < 0 ? line : line.slice(at + refusal.length);
  }

  /** What the filter does with a call, as JSON. */
  explain(call: string): string {
    const input = encode(call);
    const address = this.filter.meltemi_allocate(input.length);
    this.bytes.set(input, address);
    const answer = this.filter.meltemi_explain(address, input.length);
    const length = this.view.getUint32(answer, true);
    return this.text(answer + 4, length);
  }

  /** What the declared protocol of the configuration reads in bytes, as JSON. */
  decode(message: Uint8Array, isRequest: boolean): string {
    const address = this.filter.meltemi_allocate(message.length);
    this.bytes.set(message, address);
    const answer = this.filter.meltemi_decode(address, message.length, isRequest ? 1 : 0);
    return this.text(answer + 4, this.view.getUint32(answer, true));
  }

  private get bytes(): Uint8Array {
    return new Uint8Array(this.filter.memory.buffer);
  }

  private get view(): DataView {
    return new DataView(this.filter.memory.buffer);
  }

  private text(address: number, length: number): string {
    return new TextDecoder().decode(this.bytes.subarray(address, address + length));
  }

  private host(): Record<string, (...args: number[]) => number> {
    return {
      proxy_log: (_level = 0, address = 0, length = 0) => {
        this.lines.push(this.text(address, length));
        return OK;
      },
      proxy_get_buffer_bytes: (type = 0, start = 0, length = 0, address = 0, size = 0) => {
        if (type !== PLUGIN_CONFIGURATION) return NOT_FOUND;
        return this.give(this.configuration.subarray(start, start + length), address, size);
      },
      proxy_get_property: (path = 0, length = 0, address = 0, size = 0) => {
        const value = this.properties.get(this.text(path, length));
        return value === undefined ? NOT_FOUND : this.give(value, address, size);
      },
      proxy_define_metric: (_type = 0, _name = 0, _length = 0, id = 0) => this.giveId(id),
      proxy_register_shared_queue: (_name = 0, _length = 0, id = 0) => this.giveId(id),
      proxy_dequeue_shared_queue: () => EMPTY,
      proxy_get_shared_data: () => NOT_FOUND,
    };
  }

  /** Puts a value into memory that the filter provides, and its address and size where the filter wants them. */
  private give(value: Uint8Array, address: number, size: number): number {
    const at = this.filter.malloc(value.length);
    this.bytes.set(value, at);
    this.view.setUint32(address, at, true);
    this.view.setUint32(size, value.length, true);
    return OK;
  }

  private giveId(address: number): number {
    this.lastId += 1;
    this.view.setUint32(address, this.lastId, true);
    return OK;
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
