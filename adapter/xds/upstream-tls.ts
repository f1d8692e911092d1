import { isIP } from "node:net";
import type { UpstreamTls } from "../model/model.js";
import { any, type JsonObject } from "./json.js";

/** Where Linux distributions that Envoy is packaged for keep the certificates that the system trusts. */
const SYSTEM_CA_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * TLS towards the hosts of a cluster. Without `caCertificates` the system's are trusted, without `subjectAltNames` the
 * certificate must name what SNI asked for, which is the service's host unless said otherwise: only `insecureSkipVerify`
 * turns verification off.
 */
export function transportSocket(tls: UpstreamTls | undefined, host: string): JsonObject {
  if (tls === undefined || tls.mode === "DISABLE") return {};
  const name = tls.sni ?? host;
  return {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: any("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
        sni: isIP(name) === 0 ? name : undefined,
        common_tls_context: {
          tls_certificates: tls.mode === "MUTUAL" ? [clientCertificate(tls)] : undefined,
          validation_context: tls.insecureSkipVerify
            ? { trust_chain_verification: "ACCEPT_UNTRUSTED" }
            : verify(tls, name),
        },
      }),
    },
  };
}

function clientCertificate(tls: UpstreamTls): JsonObject {
  return { certificate_chain: file(tls.clientCertificate), private_key: file(tls.privateKey) };
}

function verify(tls: UpstreamTls, name: string): JsonObject {
  const names = tls.subjectAltNames?.length ? tls.subjectAltNames : [name];
  return {
    trusted_ca: file(tls.caCertificates ?? SYSTEM_CA_CERTIFICATES),
    match_typed_subject_alt_names: names.map((exact) => ({ san_type: sanType(exact), matcher: { exact } })),
  };
}

function sanType(name: string): "URI" | "IP_ADDRESS" | "DNS" {
  if (name.includes("://")) return "URI";
  return isIP(name) === 0 ? "DNS" : "IP_ADDRESS";
}

function file(filename: string | undefined): JsonObject | undefined {
  return filename === undefined ? undefined : { filename };
}
