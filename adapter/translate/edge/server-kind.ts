import { isHttp } from "../../model/http.js";
import { type GatewayServerSpec, PLAIN_HTTP } from "../../resource/gateway.js";
import type { Report } from "../../resource/report.js";
import type { FieldPath } from "../../status/field-path.js";
import { type ProtocolNames, portProtocol } from "../port-protocol.js";

/** What a server carries. */
export type ServerKind =
  | { readonly kind: "rpc"; readonly protocol: string }
  | { readonly kind: "http" }
  /** Connections, by SNI where they are TLS. */
  | { readonly kind: "tcp" };

/** By what its port says; undefined where something was reported. */
export function serverKind(
  server: GatewayServerSpec,
  path: FieldPath,
  names: ProtocolNames,
  report: Report,
): ServerKind | undefined {
  const { protocol = "", tls } = server;
  const word = protocol.toUpperCase();
  if (PLAIN_HTTP.includes(word)) return { kind: "http" };
  if (word === "HTTPS") return { kind: tls?.mode === "passthrough" ? "tcp" : "http" };
  const said = portProtocol(server, names);
  const rpc = isHttp(said) ? undefined : said;
  if (word === "TCP" || word === "TLS") {
    // What is sealed is of no protocol here.
    if (rpc === undefined || tls?.mode === "passthrough") return { kind: "tcp" };
  } else if (said === undefined || isHttp(said) || said.toLowerCase() !== protocol.toLowerCase()) {
    const known = [...PLAIN_HTTP, "HTTPS", "TLS", "TCP", ...names.known].join(", ");
    report([...path, "port", "protocol"], `${protocol}: must be one of ${known}`);
    return undefined;
  }
  if (tls?.mode === "passthrough") {
    report([...path, "tls", "mode"], "calls cannot be read without ending TLS here: write SIMPLE or MUTUAL");
    return undefined;
  }
  return { kind: "rpc", protocol: rpc ?? "" };
}

/** Names of services in calls are compared as a whole, and which of them come here is for VirtualServices to say. */
export function requireRpcHosts({ hosts, tls }: GatewayServerSpec, path: FieldPath, report: Report): void {
  if (tls !== undefined) return;
  for (const [index, { host }] of hosts.entries()) {
    if (host === "*") continue;
    report([...path, "hosts", index], `${host}: calls without TLS name services, and no host: write * or NAMESPACE/*`);
  }
}
