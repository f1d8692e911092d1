import { hash } from "node:crypto";
import { DECLARED } from "../model/protocols.js";
import { type FilterIdentity, filterName, rootId } from "./filter-identity.js";
import { any, duration, type JsonObject } from "./json.js";
import { READ_BUFFER_BYTES } from "./listeners.js";
import { makeResource, type Resource } from "./resource.js";

/** How the filter's code comes to Envoy. `inline` never fails and is live at once; the others keep the pushes small. */
export type WasmCode =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  /** A file on the node, and what tells its content from that of other files, where that is known. */
  | { readonly kind: "file"; readonly path: string; readonly sha256?: string }
  /** Fetched by the node, through one of its own static clusters. */
  | { readonly kind: "remote"; readonly uri: string; readonly sha256: string; readonly cluster: string };

/** One VM per worker for all listeners: plugins with equal code and `vm_id` share it, and with it their tables. */
const VM_ID = "meltemi";
/** A VM that has trapped is made anew at the first connection after this time. */
const RELOAD_INTERVAL_MS = 1_000;
const FETCH_TIMEOUT_MS = 10_000;

/**
 * ECDS: the filter of one listener with its route table. It reaches connections that exist, and a table that the filter
 * refuses leaves the last good one in force. There is no default configuration: until the first good one has come the
 * listener resets connections, better than a filter that lets bytes pass to the tunnels' HTTP/2.
 */
export function buildExtensionConfig(filter: FilterIdentity, table: object, code: WasmCode): Resource {
  const name = filterName(filter);
  return makeResource("ECDS", name, { name, typed_config: wasmFilter(filter, table, code) });
}

/** The filter itself, as an Any. */
export function wasmFilter(filter: FilterIdentity, table: object, code: WasmCode): JsonObject {
  return any("envoy.extensions.filters.network.wasm.v3.Wasm", {
    config: {
      name: filter.listener,
      root_id: rootId("program" in table ? { ...filter, protocol: DECLARED } : filter),
      vm_config: {
        vm_id: VM_ID,
        runtime: "envoy.wasm.runtime.v8",
        code: dataSource(code),
        // Without it an update whose code is not there yet is accepted and never served.
        nack_on_code_cache_miss: code.kind === "remote" ? true : undefined,
      },
      configuration: any("google.protobuf.StringValue", {
        value: JSON.stringify({ ...table, read_buffer_bytes: readBufferOf(table), code: codeName(code) }),
      }),
      failure_policy: "FAIL_RELOAD",
      reload_config: { backoff: { base_interval: duration(RELOAD_INTERVAL_MS) } },
    },
  });
}

function readBufferOf(table: object): unknown {
  return "read_buffer_bytes" in table ? table.read_buffer_bytes : READ_BUFFER_BYTES;
}

const names = new WeakMap<WasmCode, string>();

/** Tells code from other code: by it connections of former code find the tables that come with newer code. */
function codeName(code: WasmCode): string {
  const known = names.get(code);
  if (known !== undefined) return known;
  const name = nameOf(code);
  names.set(code, name);
  return name;
}

function nameOf(code: WasmCode): string {
  switch (code.kind) {
    case "inline":
      return hash("sha256", code.bytes, "hex");
    case "file":
      return code.sha256 ?? code.path;
    case "remote":
      return code.sha256;
  }
}

function dataSource(code: WasmCode): JsonObject {
  switch (code.kind) {
    case "inline":
      return { local: { inline_bytes: code.bytes } };
    case "file":
      return { local: { filename: code.path } };
    case "remote": {
      const uri = { uri: code.uri, cluster: code.cluster, timeout: duration(FETCH_TIMEOUT_MS) };
      return { remote: { http_uri: uri, sha256: code.sha256 } };
    }
  }
}
