import { isIP } from "node:net";

/** The one way of several in which an IPv6 address is written by RFC 5952, as Envoy and the system write it. What is none stays as it is. */
export function canonicalIp(ip: string): string {
  return isIP(ip) === 6 && !ip.includes("%") ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;
}

/** Of the machine itself, whatever else it has. */
export function isLoopback(ip: string): boolean {
  return isIP(ip) === 4 ? ip.startsWith("127.") : canonicalIp(ip) === "::1";
}

/** Of no interface in particular, but of all that there are of its family. */
export function isAnyAddress(ip: string): boolean {
  return ip === "0.0.0.0" || canonicalIp(ip) === "::";
}

/** An address, or an address and the length of its prefix: `10.0.0.0/8`. */
export function isBlock(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || address.includes("%") || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}
