import { Kind, message } from "../codec/message";
import { isLogged, LogLevel, logBytes } from "../host/log";
import { Tunnel } from "../http2/tunnel";
import { writeAscii, writeDecimal, writeSigned } from "../memory/ascii";
import { MAX_TRACED_VALUE_BYTES } from "../memory/limits";
import { Name, nameBytes } from "../memory/name";
import { Route } from "../route/table";

/**
 * What happens on a connection, one line for each event, when Envoy's log level for wasm is `debug`:
 *
 *     cx=42 event=call id=7 service=demo.Greeter method=hello kind=call bytes=213 route=default cluster=v1 stream=3
 *
 * Whoever has something to tell asks `tracing` first: else nothing is done. Lines are written in place, values cut and made
 * printable; `docs/follow-a-connection.md` has all events.
 */
export let tracing: bool = false;

const line: usize = memory.data(2048);
let out: usize = 0;

/** To be called once a second: whether lines are wanted can change at any time. True: they are, and were not before. */
export function readLogLevel(): bool {
  const before = tracing;
  tracing = isLogged(LogLevel.DEBUG);
  return tracing && !before;
}

/** Begins a line about the connection that Envoy calls `connection`. Then come its fields, then `endLine`. */
export function beginLine(connection: u64, event: string): void {
  out = writeDecimal(writeAscii(line, "cx="), connection);
  out = writeAscii(writeAscii(out, " event="), event);
}

export function addNumber(key: string, value: u64): void {
  out = writeDecimal(writeAscii(out, key), value);
}

function addSigned(key: string, value: i64): void {
  out = writeSigned(writeAscii(out, key), value);
}

export function addWord(key: string, value: string): void {
  out = writeAscii(writeAscii(out, key), value);
}

/** Bytes that a peer or a configuration chose: cut, and all but printable ASCII without blanks and quotes becomes `?`. */
export function addValue(key: string, value: usize, length: u32): void {
  out = writeAscii(out, key);
  length = min<u32>(length, MAX_TRACED_VALUE_BYTES);
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(value + i);
    store<u8>(out + i, <u8>(byte - 0x21 < 0x5e && byte != 0x22 ? byte : 0x3f));
  }
  out += length;
}

export function addNameValue(key: string, value: Name): void {
  addValue(key, nameBytes(value), value.length);
}

export function endLine(): void {
  logBytes(LogLevel.DEBUG, line, <u32>(out - line));
}

/** An event of the connection that needs no more words. */
export function traceEvent(connection: u64, event: string): void {
  beginLine(connection, event);
  endLine();
}

export function traceReason(connection: u64, event: string, reason: string): void {
  beginLine(connection, event);
  addWord(" reason=", reason);
  endLine();
}

/** The message in `message`, which goes no further. */
export function traceMessage(connection: u64, event: string): void {
  beginLine(connection, event);
  addNumber(" id=", message.id);
  addNumber(" bytes=", message.total);
  endLine();
}

/** The answer to a call: what is in `message`. */
export function traceAnswer(connection: u64, tunnel: Tunnel, status: u32, duration_us: u64): void {
  beginLine(connection, "answer");
  addNumber(" id=", message.id);
  addSigned(" status=", <i32>status);
  addNumber(" duration_us=", duration_us);
  addNumber(" bytes=", message.total);
  addNumber(" stream=", tunnel.stream);
  endLine();
}

/** The call in `message`, and where it goes: no further than to what is not null. */
export function traceCall(connection: u64, route: Route | null, cluster: Name | null, tunnel: Tunnel | null): void {
  beginLine(connection, "call");
  addNumber(" id=", message.id);
  addValue(" service=", message.service, message.serviceBytes);
  addValue(" method=", message.method, message.methodBytes);
  addWord(" kind=", message.kind == Kind.ONE_WAY ? "oneway" : "call");
  addNumber(" bytes=", message.total);
  if (route) addValue(" route=", route.name, route.nameLength);
  if (cluster) addNameValue(" cluster=", cluster);
  if (tunnel) addNumber(" stream=", tunnel.stream);
  endLine();
}

export function traceTunnel(connection: u64, event: string, tunnel: Tunnel): void {
  beginLine(connection, event);
  addTunnel(tunnel);
  endLine();
}

export function traceTunnelReason(connection: u64, event: string, tunnel: Tunnel, reason: string): void {
  beginLine(connection, event);
  addTunnel(tunnel);
  addWord(" reason=", reason);
  addNumber(" in_flight=", tunnel.callCount);
  endLine();
}

/** The tunnel's stream and cluster, and what HCM has told of it. */
export function addTunnel(tunnel: Tunnel): void {
  addNumber(" stream=", tunnel.stream);
  addNameValue(" cluster=", tunnel.cluster);
  const host = tunnel.host;
  if (host) addNameValue(" host=", host);
  if (tunnel.bucket) addNumber(" bucket=", tunnel.bucket - 1);
  if (tunnel.flagsBytes) {
    addValue(" flags=", changetype<usize>(tunnel) + offsetof<Tunnel>("flags"), tunnel.flagsBytes);
  }
}
