import { isIP } from "node:net";

/** The one way of several in which an IPv6 address is written by RFC 5952, as Envoy and the system write it. What is none stays as it is. */
export function canonicalIp(ip: string): string {
  return isIP(ip) === 6 && !ip.includes("%") ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;
}

/** Of the machine itself, whatever else it has. */
export function isLoopback(ip: string): boolean {
  return isIP(ip) === 4 ? ip.startsWith("127.") : canonicalIp(ip) === "::1";
}
