import { isIP } from "node:net";
import type { DownstreamTls, UpstreamTls } from "../model/model.js";
import { any, duration, type JsonObject } from "./json.js";
import {
  authorityFile,
  authoritySecretName,
  certificateSecretName,
  ownCertificate,
  secretReference,
} from "./secrets.js";

/** Where Linux distributions that Envoy is packaged for keep the certificates that the system trusts. */
const SYSTEM_CA_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** A client that opens a connection and does not begin to speak TLS holds it no longer than this. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * TLS towards the hosts of a cluster. Without `caCertificates` the system's are trusted, without `subjectAltNames` the
 * certificate must name what SNI asked for, which is the service's host unless said otherwise: only `insecureSkipVerify`
 * turns verification off.
 */
export function upstreamTls(tls: UpstreamTls | undefined, host: string): JsonObject {
  if (tls === undefined || tls.mode === "DISABLE") return {};
  const name = tls.sni ?? host;
  const names = tls.subjectAltNames?.length ? tls.subjectAltNames : [name];
  return {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: any("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
        sni: isIP(name) === 0 ? name : undefined,
        common_tls_context: {
          ...showing(tls),
          ...(tls.insecureSkipVerify
            ? { validation_context: { trust_chain_verification: "ACCEPT_UNTRUSTED" } }
            : asking(tls, names)),
        },
      }),
    },
  };
}

/** TLS towards the clients of a listener, for its filter chain. */
export function downstreamTls(tls: DownstreamTls | undefined): JsonObject {
  if (tls === undefined) return {};
  const mutual = tls.mode === "MUTUAL";
  return {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: any("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
        common_tls_context: { ...showing(tls), ...(mutual && asking(tls, tls.subjectAltNames ?? [])) },
        require_client_certificate: mutual ? true : undefined,
      }),
    },
    transport_socket_connect_timeout: duration(HANDSHAKE_TIMEOUT_MS),
  };
}

/** The certificate of our own, if there is one. */
function showing(tls: DownstreamTls | UpstreamTls): JsonObject {
  const files = ownCertificate(tls);
  if (files === undefined) return {};
  return { tls_certificate_sds_secret_configs: [secretReference(certificateSecretName(files))] };
}

/** What the other side's certificate is held against. */
function asking(tls: DownstreamTls | UpstreamTls, names: readonly string[]): JsonObject {
  const expected: JsonObject = {
    match_typed_subject_alt_names: names.length > 0 ? matchNames(names) : undefined,
  };
  const file = authorityFile(tls);
  if (file === undefined) {
    return { validation_context: { trusted_ca: { filename: SYSTEM_CA_CERTIFICATES }, ...expected } };
  }
  return {
    combined_validation_context: {
      default_validation_context: expected,
      validation_context_sds_secret_config: secretReference(authoritySecretName(file)),
    },
  };
}

/** One of these names is enough. */
export function matchNames(names: readonly string[]): readonly JsonObject[] {
  return names.map((exact) => ({ san_type: sanType(exact), matcher: { exact } }));
}

function sanType(name: string): "URI" | "IP_ADDRESS" | "DNS" {
  if (name.includes("://")) return "URI";
  return isIP(name) === 0 ? "DNS" : "IP_ADDRESS";
}
