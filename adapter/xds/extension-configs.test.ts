import { describe, expect, it } from "vitest";
import { buildExtensionConfig, type WasmCode } from "./extension-configs.js";

function vmConfig(code: WasmCode): unknown {
  const { json } = buildExtensionConfig({ listener: "l", protocol: "dubbo", mode: "call" }, {}, code);
  return (json as { typed_config: { config: { vm_config: object } } }).typed_config.config.vm_config;
}

describe("the filter's code", () => {
  it("travels inside, lies on the node, or is fetched by it", () => {
    const bytes = new Uint8Array([1]);
    expect(vmConfig({ kind: "inline", bytes })).toMatchObject({ code: { local: { inline_bytes: bytes } } });
    expect(vmConfig({ kind: "file", path: "/m.wasm" })).toMatchObject({ code: { local: { filename: "/m.wasm" } } });
    expect(vmConfig({ kind: "remote", uri: "http://h/m.wasm", sha256: "ab", cluster: "h" })).toMatchObject({
      nack_on_code_cache_miss: true,
      code: { remote: { http_uri: { uri: "http://h/m.wasm", cluster: "h", timeout: "10s" }, sha256: "ab" } },
    });
  });
});
