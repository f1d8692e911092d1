import { describe, expect, it } from "vitest";
import { any, duration, encode } from "./json.js";
import { root } from "./proto.js";

const CLUSTER = "envoy.config.cluster.v3.Cluster";

function decode(type: string, bytes: Uint8Array): unknown {
  const message = root.lookupType(type).decode(bytes);
  return root.lookupType(type).toObject(message, { enums: String, longs: String, json: true });
}

describe("encode", () => {
  it("reads durations, wrappers and enum names as the JSON mapping writes them", () => {
    const bytes = encode(CLUSTER, {
      name: "c",
      lb_policy: "LEAST_REQUEST",
      connect_timeout: "1.25s",
      per_connection_buffer_limit_bytes: 7,
    });
    expect(decode(CLUSTER, bytes)).toEqual({
      name: "c",
      lb_policy: "LEAST_REQUEST",
      connect_timeout: { seconds: "1", nanos: 250_000_000 },
      per_connection_buffer_limit_bytes: { value: 7 },
    });
  });

  it("packs an Any by its type, a wrapper by its value", () => {
    const type = "envoy.config.core.v3.TypedExtensionConfig";
    const bytes = encode(type, { name: "x", typed_config: any("google.protobuf.StringValue", { value: "text" }) });
    expect(decode(type, bytes)).toEqual({
      name: "x",
      typed_config: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "text" },
    });
  });

  it("writes a Struct's values by their types", () => {
    const type = "google.protobuf.Struct";
    expect(decode(type, encode(type, { list: [{ family: "IPv4" }, "text", 1.5], stands_in: true }))).toEqual({
      fields: {
        list: {
          listValue: {
            values: [
              { structValue: { fields: { family: { stringValue: "IPv4" } } } },
              { stringValue: "text" },
              { numberValue: 1.5 },
            ],
          },
        },
        stands_in: { boolValue: true },
      },
    });
  });

  it("gives equal bytes whatever the order of fields and map keys", () => {
    const type = "envoy.config.core.v3.Metadata";
    const one = encode(type, { filter_metadata: { a: {}, b: {} } });
    const other = encode(type, { filter_metadata: { b: {}, a: {} } });
    expect(one).toEqual(other);
    expect(encode(CLUSTER, { name: "c", alt_stat_name: "s" })).toEqual(
      encode(CLUSTER, { alt_stat_name: "s", name: "c" }),
    );
  });

  it.each([
    [{ nme: "c" }, 'Cluster has no field "nme"'],
    [{ lb_policy: "FASTEST" }, 'LbPolicy has no value "FASTEST"'],
    [{ connect_timeout: "soon" }, "no duration"],
    [{ connect_timeout: 5 }, "no duration"],
    [{ circuit_breakers: { thresholds: {} } }, "circuit_breakers.thresholds is a list"],
    [{ per_connection_buffer_limit_bytes: { value: 7 } }, "UInt32Value is written as its value alone"],
    [{ circuit_breakers: 5 }, "CircuitBreakers is an object"],
    [{ transport_socket: { typed_config: { value: "x" } } }, '"@type" is missing'],
  ])("refuses %j", (json, message) => {
    expect(() => encode(CLUSTER, json)).toThrow(message);
  });
});

describe("duration", () => {
  it.each([
    [1_500, "1.5s"],
    [0, "0s"],
    [25, "0.025s"],
    [86_400_000, "86400s"],
  ])("writes %i ms as %s", (time_ms, text) => {
    expect(duration(time_ms)).toBe(text);
  });
});
