import { Region } from "../../host/arena";
import { property, propertyBytes } from "../../host/property";
import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";
import { MAX_PRINCIPAL_BYTES } from "../../memory/limits";
import { Facts, facts } from "../../route/policies/authorization";
import { parseSocketAddress } from "../../route/policies/ip-address";

/** What Envoy knows of the connection in effect. Its certificate is there once the handshake is over: with the first bytes. */
const uriSan: usize = asciiOf("connection\0uri_san_peer_certificate");
const URI_SAN_BYTES: u32 = 35;
const requestedServerName: usize = asciiOf("connection\0requested_server_name");
const REQUESTED_SERVER_NAME_BYTES: u32 = 32;
const sourceAddress: usize = asciiOf("source\0address");
const SOURCE_ADDRESS_BYTES: u32 = 14;
const destinationAddress: usize = asciiOf("destination\0address");
const DESTINATION_ADDRESS_BYTES: u32 = 19;

const spiffe: usize = asciiOf("spiffe://");
const SPIFFE_BYTES: u32 = 9;
const ns: usize = asciiOf("/ns/");
const NS_BYTES: u32 = 4;

/** Names have 255 bytes at most (RFC 6066, 3). */
const MAX_SNI_BYTES: u32 = 255;
const MAX_PORT_BYTES: u32 = 5;

const principal: usize = memory.data(2048);
const sni: usize = memory.data(256);
const source: usize = memory.data(16, 8);
const destination: usize = memory.data(16, 8);
const port: usize = memory.data(8);

/** Fills `facts` with what is known of the connection in effect. */
export function learnFacts(): void {
  memory.fill(changetype<usize>(facts), 0, offsetof<Facts>());
  learnPrincipal();
  const name = property(requestedServerName, REQUESTED_SERVER_NAME_BYTES, Region.ASIDE);
  if (name && propertyBytes && propertyBytes <= MAX_SNI_BYTES) {
    memory.copy(sni, name, propertyBytes);
    facts.sni = sni;
    facts.sniBytes = propertyBytes;
  }
  const from = property(sourceAddress, SOURCE_ADDRESS_BYTES, Region.ASIDE);
  if (from && parseSocketAddress(from, propertyBytes, source)) facts.sourceIp = source;
  const to = property(destinationAddress, DESTINATION_ADDRESS_BYTES, Region.ASIDE);
  if (!to) return;
  if (parseSocketAddress(to, propertyBytes, destination)) facts.destinationIp = destination;
  learnPort(to, propertyBytes);
}

/** Istio's principals are SPIFFE's names without their scheme. A URI of another scheme is taken as it is. */
function learnPrincipal(): void {
  const uri = property(uriSan, URI_SAN_BYTES, Region.ASIDE);
  const bytes = propertyBytes;
  if (!uri || !bytes || bytes > MAX_PRINCIPAL_BYTES) return;
  const isSpiffe = bytes > SPIFFE_BYTES && equalBytes(uri, spiffe, SPIFFE_BYTES);
  const skipped = isSpiffe ? SPIFFE_BYTES : 0;
  memory.copy(principal, uri + skipped, bytes - skipped);
  facts.principal = principal;
  facts.principalBytes = bytes - skipped;
  if (isSpiffe) learnNamespace();
}

/** Of TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT. */
function learnNamespace(): void {
  const end = principal + facts.principalBytes;
  let at = principal;
  while (at < end && load<u8>(at) != SLASH) at++;
  if (end - at <= NS_BYTES || !equalBytes(at, ns, NS_BYTES)) return;
  at += NS_BYTES;
  const from = at;
  while (at < end && load<u8>(at) != SLASH) at++;
  if (at == end || at == from) return;
  facts.namespace = from;
  facts.namespaceBytes = <u32>(at - from);
}

/** What stands behind the last colon. */
function learnPort(address: usize, bytes: u32): void {
  let from = bytes;
  while (from && load<u8>(address + from - 1) != COLON) from--;
  const digits = bytes - from;
  if (!from || !digits || digits > MAX_PORT_BYTES) return;
  memory.copy(port, address + from, digits);
  facts.destinationPort = port;
  facts.destinationPortBytes = digits;
}

const SLASH: u8 = 0x2f;
const COLON: u8 = 0x3a;
