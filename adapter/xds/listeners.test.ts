import { describe, expect, it } from "vitest";
import type { Route } from "../model/model.js";
import { buildExtensionConfig } from "./extension-configs.js";
import { buildListener } from "./listeners.js";

const ADDRESSES = [{ ip: "127.0.0.1", port: 1 }] as const;

function listenerWith(...routes: Route[]) {
  const listener = { protocol: "dubbo", port: 1, virtualHosts: [{ name: "v", services: ["s"], routes }] };
  return buildListener({ name: "l", addresses: ADDRESSES, listener });
}

describe("a listener", () => {
  it("is the same whatever the routes, so that they change without draining its connections", () => {
    const match = [{ name: "user", invert: false, kind: "exact", value: "jason" }] as const;
    const route = { name: "r", match, destinations: [], origin: undefined };
    expect(listenerWith(route).version).toBe(listenerWith().version);
  });

  it("has the read buffer that its filter is told of", () => {
    const { json } = buildExtensionConfig("l", "dubbo", {}, { kind: "file", path: "/m.wasm" });
    const { config } = (json as { typed_config: { config: { configuration: { value: string } } } }).typed_config;
    const told = JSON.parse(config.configuration.value) as { read_buffer_bytes: number };
    expect(told.read_buffer_bytes).toBe(listenerWith().json.per_connection_buffer_limit_bytes);
  });
});
