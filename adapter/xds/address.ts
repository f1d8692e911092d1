import { isIP } from "node:net";
import type { JsonObject } from "./json.js";

/** Envoy's core.v3.Address of a TCP socket. `host` is an IP address, or a DNS name where Envoy resolves one. */
export function socketAddress(host: string, port: number): JsonObject {
  return { socket_address: { address: host, port_value: port } };
}

/** `127.0.0.1:20880`, `[::1]:20880` */
export function formatAddress({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`;
}
