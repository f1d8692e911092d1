import protobuf from "protobufjs";
import { BufferType, LOG_LEVELS, Status, StreamType } from "./abi.js";
import type { Vm } from "./vm.js";

type HostFunction = (...args: never[]) => number;

/** The functions of module "env" as Envoy provides them. A name that we do not provide fails when the filter is loaded. */
export function hostFunctions(vm: Vm, module: WebAssembly.Module): Record<string, HostFunction> {
  const provided: Record<string, HostFunction> = {
    ...logAndTime(vm),
    ...buffers(vm),
    ...streams(vm),
    ...queues(vm),
    ...sharedData(vm),
    ...metrics(vm),
    ...properties(vm),
    ...grpc(vm),
  };
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== "env" || !provided[name])
      throw new Error(`the filter imports ${from}.${name}, which the emulator has not`);
  }
  return provided;
}

function logAndTime(vm: Vm): Record<string, HostFunction> {
  const { memory, process } = vm;
  return {
    proxy_log(level: number, address: number, length: number): number {
      process.log.push(`${LOG_LEVELS[level] ?? level}: ${memory.text(address, length)}`);
      return Status.OK;
    },
    proxy_get_log_level(cell: number): number {
      memory.setWord(cell, LOG_LEVELS.indexOf(process.logging.level));
      return Status.OK;
    },
    proxy_get_current_time_nanoseconds(cell: number): number {
      memory.setLong(cell, process.loop.now_ns);
      return Status.OK;
    },
    proxy_set_tick_period_milliseconds(period_ms: number): number {
      if (!vm.current) return Status.BAD_ARGUMENT;
      vm.current.root.tick_ms = period_ms;
      return Status.OK;
    },
  };
}

function bufferOf(vm: Vm, type: number) {
  const connection = vm.current?.connection;
  if (type === BufferType.DOWNSTREAM) return connection?.downstreamBuffer;
  if (type === BufferType.UPSTREAM) return connection?.upstreamBuffer;
  return undefined;
}

function buffers(vm: Vm): Record<string, HostFunction> {
  const { memory } = vm;
  return {
    proxy_get_buffer_bytes(
      type: number,
      start: number,
      length: number,
      addressCell: number,
      lengthCell: number,
    ): number {
      if (type > 8) return Status.BAD_ARGUMENT;
      const buffer = bufferOf(vm, type);
      const given = type === BufferType.GRPC_RECEIVE ? vm.grpcReceived : undefined;
      const configuration = type === BufferType.PLUGIN_CONFIGURATION ? vm.configuration : given;
      if (type === BufferType.PLUGIN_CONFIGURATION && !configuration) return Status.NOT_FOUND;
      const size = buffer?.length ?? configuration?.length ?? 0;
      const from = start >>> 0;
      if (from > size) return Status.INVALID_MEMORY_ACCESS;
      const count = Math.min(length >>> 0, size - from);
      if (count === 0) return Status.OK;
      const bytes = buffer?.view(from, count) ?? configuration?.subarray(from, from + count) ?? new Uint8Array(0);
      return memory.give(bytes, addressCell, lengthCell) ? Status.OK : Status.INVALID_MEMORY_ACCESS;
    },
    proxy_get_buffer_status(type: number, lengthCell: number, flagsCell: number): number {
      memory.setWord(lengthCell, bufferOf(vm, type)?.length ?? 0);
      memory.setWord(flagsCell, 0);
      return Status.OK;
    },
    proxy_set_buffer_bytes(type: number, start: number, length: number, address: number, size: number): number {
      const buffer = bufferOf(vm, type);
      if (!buffer) return Status.BAD_ARGUMENT;
      const bytes = memory.view(address, size);
      if (!bytes) return Status.INVALID_MEMORY_ACCESS;
      if (start === 0) {
        if (length >>> 0 > buffer.length)
          throw new Error(`the filter drains ${length} bytes of a buffer of ${buffer.length}`);
        buffer.drain(length >>> 0);
        buffer.prepend(bytes);
        if (type === BufferType.DOWNSTREAM) vm.current?.connection?.resumeReading();
        return Status.OK;
      }
      if (start >>> 0 < buffer.length) return Status.BAD_ARGUMENT;
      buffer.append(bytes);
      return Status.OK;
    },
  };
}

function streams(vm: Vm): Record<string, HostFunction> {
  return {
    proxy_set_effective_context(id: number): number {
      const context = vm.contexts.get(id);
      if (!context) return Status.BAD_ARGUMENT;
      vm.current = context;
      return Status.OK;
    },
    proxy_continue_stream(type: number): number {
      if (vm.callbacks.at(-1) === "proxy_on_upstream_data") {
        throw new Error("the filter continues a stream from within on_upstream_data: that re-enters HCM's codec");
      }
      if (type === StreamType.UPSTREAM) return Status.UNIMPLEMENTED;
      if (type !== StreamType.DOWNSTREAM) return Status.BAD_ARGUMENT;
      const connection = vm.current?.connection;
      if (connection) vm.defer(() => connection.continueReading());
      return Status.OK;
    },
    proxy_close_stream(type: number): number {
      if (type !== StreamType.DOWNSTREAM && type !== StreamType.UPSTREAM) return Status.BAD_ARGUMENT;
      const connection = vm.current?.connection;
      if (connection) vm.defer(() => connection.closeByFilter());
      return Status.OK;
    },
    proxy_call_foreign_function(name: number, length: number, argument: number, size: number): number {
      const called = vm.memory.text(name, length);
      if (called !== "set_envoy_filter_state") {
        throw new Error(`the filter calls the foreign function ${called}, which the emulator has not`);
      }
      const connection = vm.current?.connection;
      const bytes = vm.memory.read(argument, size);
      if (!connection || !bytes) return Status.BAD_ARGUMENT;
      const { path, value } = parseFilterState(bytes);
      connection.filterState.set(path, value);
      return Status.OK;
    },
  };
}

/** Envoy's SetEnvoyFilterStateArguments, field after field: path, value, and that it lives as long as the connection. */
function parseFilterState(bytes: Uint8Array): { path: string; value: string } {
  const reader = protobuf.Reader.create(bytes);
  const fields: Record<number, string | number> = {};
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    fields[tag >>> 3] = (tag & 7) === 2 ? reader.string() : reader.uint32();
  }
  const [path, value, span] = [fields[1], fields[2], fields[3]];
  if (typeof path !== "string" || typeof value !== "string" || span !== 2) throw new Error("no SetEnvoyFilterState");
  return { path, value };
}

function grpc(vm: Vm): Record<string, HostFunction> {
  const { memory, process } = vm;
  return {
    proxy_grpc_call(
      cluster: number,
      clusterBytes: number,
      service: number,
      serviceBytes: number,
      method: number,
      methodBytes: number,
      _metadata: number,
      metadataBytes: number,
      request: number,
      requestBytes: number,
      timeout_ms: number,
      tokenCell: number,
    ): number {
      const bytes = memory.read(request, requestBytes);
      if (!bytes || metadataBytes !== 0) return Status.INVALID_MEMORY_ACCESS;
      const root = vm.current?.root;
      // What a stream context calls would end with its connection.
      if (!root || vm.current !== root) throw new Error("a gRPC service is called, and not for a root context");
      const token = process.grpc.add({
        vm,
        root,
        cluster: memory.text(cluster, clusterBytes),
        service: memory.text(service, serviceBytes),
        method: memory.text(method, methodBytes),
        request: bytes,
        timeout_ms,
      });
      if (token === undefined) return Status.BAD_ARGUMENT;
      memory.setWord(tokenCell, token);
      return Status.OK;
    },
  };
}

function queues(vm: Vm): Record<string, HostFunction> {
  const { memory, process } = vm;
  return {
    proxy_register_shared_queue(name: number, length: number, cell: number): number {
      const root = vm.current?.root;
      if (!root) return Status.BAD_ARGUMENT;
      const bytes = Buffer.from(memory.view(name, length) ?? []).toString("latin1");
      memory.setWord(
        cell,
        process.queues.register(bytes, (token) => vm.queueReady(root, token)),
      );
      return Status.OK;
    },
    proxy_enqueue_shared_queue(token: number, address: number, length: number): number {
      const item = memory.read(address, length);
      if (!item) return Status.INVALID_MEMORY_ACCESS;
      return process.queues.enqueue(token, item) ? Status.OK : Status.NOT_FOUND;
    },
    proxy_dequeue_shared_queue(token: number, addressCell: number, lengthCell: number): number {
      const item = process.queues.dequeue(token);
      if (item === undefined) return Status.NOT_FOUND;
      if (item === null) return Status.EMPTY;
      return memory.give(item, addressCell, lengthCell) ? Status.OK : Status.INVALID_MEMORY_ACCESS;
    },
  };
}

function sharedData(vm: Vm): Record<string, HostFunction> {
  const { memory, process } = vm;
  return {
    proxy_get_shared_data(
      key: number,
      length: number,
      addressCell: number,
      lengthCell: number,
      casCell: number,
    ): number {
      const found = process.data.get(memory.text(key, length));
      if (!found) return Status.NOT_FOUND;
      memory.setWord(casCell, found.cas);
      return memory.give(found.value, addressCell, lengthCell) ? Status.OK : Status.INVALID_MEMORY_ACCESS;
    },
    proxy_set_shared_data(key: number, length: number, address: number, size: number, cas: number): number {
      const value = memory.read(address, size);
      if (!value) return Status.INVALID_MEMORY_ACCESS;
      return process.data.set(memory.text(key, length), value, cas) ? Status.OK : Status.CAS_MISMATCH;
    },
  };
}

function metrics(vm: Vm): Record<string, HostFunction> {
  const { memory, process } = vm;
  return {
    proxy_define_metric(type: number, name: number, length: number, cell: number): number {
      memory.setWord(cell, process.metrics.define(type, memory.text(name, length)));
      return Status.OK;
    },
    proxy_increment_metric(id: number, offset: bigint): number {
      return process.metrics.increment(id, offset) ? Status.OK : Status.BAD_ARGUMENT;
    },
    proxy_record_metric(id: number, value: bigint): number {
      return process.metrics.record(id, BigInt.asUintN(64, value)) ? Status.OK : Status.BAD_ARGUMENT;
    },
    proxy_get_metric(id: number, cell: number): number {
      const value = process.metrics.get(id);
      if (value === undefined) return Status.BAD_ARGUMENT;
      memory.setLong(cell, value);
      return Status.OK;
    },
  };
}

function properties(vm: Vm): Record<string, HostFunction> {
  const { memory } = vm;
  return {
    proxy_set_property(path: number, length: number, value: number, valueLength: number): number {
      const connection = vm.current?.connection;
      if (!connection) return Status.BAD_ARGUMENT;
      connection.filterState.set(memory.text(path, length), memory.text(value, valueLength));
      return Status.OK;
    },
    proxy_get_property(path: number, length: number, addressCell: number, lengthCell: number): number {
      const name = memory.text(path, length).replaceAll("\0", ".");
      const value = propertyOf(vm, name);
      if (!value) return Status.NOT_FOUND;
      return memory.give(value, addressCell, lengthCell) ? Status.OK : Status.INVALID_MEMORY_ACCESS;
    },
  };
}

const LABELS = "xds.node.metadata.LABELS";

/** All of them without a key: what they are then is not for the filter to read. */
function labelsOf({ process }: Vm, key: string): Uint8Array | undefined {
  const { labels } = process.node;
  const value = key === "" ? JSON.stringify(labels) : labels?.[key];
  return value === undefined ? undefined : Buffer.from(value);
}

function propertyOf(vm: Vm, name: string): Uint8Array | undefined {
  if (name === "plugin_name") return Buffer.from(vm.current?.root.name ?? "");
  if (name === "plugin_root_id") return Buffer.from(vm.current?.root.protocol ?? "");
  if (name === "xds.node.id") return Buffer.from("emulator");
  if (name.startsWith(LABELS)) return labelsOf(vm, name.slice(LABELS.length + 1));
  return vm.current?.connection?.properties.get(name);
}
