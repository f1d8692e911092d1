import type { JsonObject } from "./json.js";

/** Envoy's core.v3.Address of a TCP socket. `host` is an IP address, or a DNS name where Envoy resolves one. */
export function socketAddress(host: string, port: number): JsonObject {
  return { socket_address: { address: host, port_value: port } };
}
