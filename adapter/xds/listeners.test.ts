import { describe, expect, it } from "vitest";
import type { AttributeMatch } from "../model/model.js";
import { buildListener } from "./listeners.js";

function bufferLimit(protocol: string, ...names: string[]): unknown {
  const match = names.map((name): AttributeMatch => ({ name, invert: false, kind: "present" }));
  const routes = [{ name: "r", match, destinations: [], origin: undefined }];
  const listener = { protocol, port: 1, virtualHosts: [{ name: "v", services: ["s"], routes }] };
  const addresses = [{ ip: "127.0.0.1", port: 1 }] as const;
  return buildListener({ name: "l", addresses, listener }).json.per_connection_buffer_limit_bytes;
}

describe("the read buffer of a listener", () => {
  it("is Envoy's own where routes need the first bytes of a message only", () => {
    expect(bufferLimit("dubbo")).toBeUndefined();
    expect(bufferLimit("dubbo", "interface", "method", "version")).toBeUndefined();
  });

  it("holds the longest message where a route may need all of it", () => {
    expect(bufferLimit("dubbo", "method", "user")).toBe((16 << 20) + (64 << 10));
    expect(bufferLimit("unknown", "method")).toBe((16 << 20) + (64 << 10));
  });
});
