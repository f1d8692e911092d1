import { isIP } from "node:net";
import { InvalidArgumentError } from "commander";
import type { BindAddress, Listen } from "../xds/bind.js";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where an adapter tells what nodes get, unless it is told otherwise: nobody else's business. */
export const DEFAULT_ADMIN: BindAddress = { ip: "127.0.0.1", port: 18081 };

/** `127.0.0.1:18000`, `[::1]:18000`, `adapter.mesh:18000`. */
export function parseHostPort(text: string): HostPort {
  const [, bracketed, plain, digits] = text.match(/^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    throw new InvalidArgumentError("Write ADDRESS:PORT, such as 127.0.0.1:18000 or [::1]:18000.");
  }
  return { host, port };
}

/** An address to listen on. Port 0 is a free one. */
export function parseBindAddress(text: string): BindAddress {
  const { host, port } = parseHostPort(text);
  if (isIP(host) === 0) {
    throw new InvalidArgumentError(`Write an IP address to listen on, such as 127.0.0.1:${port}; "${host}" is none.`);
  }
  return { ip: host, port };
}

/** `dubbo=127.0.0.1:20880`; `dubbo:20880=…` for services of that port alone; several addresses with commas. */
export function parseListen(text: string, before: readonly Listen[] = []): readonly Listen[] {
  const [, protocol, port, list] = text.match(/^([a-z][a-zA-Z0-9]*)(?::(\d{1,5}))?=(.+)$/) ?? [];
  if (protocol === undefined || list === undefined) {
    throw new InvalidArgumentError("Write PROTOCOL=ADDRESS:PORT, such as dubbo=127.0.0.1:20880.");
  }
  const [first, ...others] = list.split(",").map(parseBindAddress) as [BindAddress, ...BindAddress[]];
  const entry: Listen = {
    protocol,
    addresses: [first, ...others],
    ...(port === undefined ? {} : { port: Number(port) }),
  };
  return [...before, entry];
}
