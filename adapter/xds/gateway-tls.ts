import type { CertificateSource, TerminatedTls, TlsVersion } from "../model/gateway.js";
import { any, duration, type JsonObject } from "./json.js";
import { makeResource, type Resource } from "./resource.js";
import {
  authoritySecretJson,
  authoritySecretName,
  certificateSecretJson,
  certificateSecretName,
  secretReference,
} from "./secrets.js";
import { HANDSHAKE_TIMEOUT_MS, matchNames } from "./tls.js";

const VERSIONS: Readonly<Record<TlsVersion, string>> = {
  "1.0": "TLSv1_0",
  "1.1": "TLSv1_1",
  "1.2": "TLSv1_2",
  "1.3": "TLSv1_3",
};

/** TLS that ends at a gateway, for its filter chain. Clients that speak HTTP are told that they may use HTTP/2. */
export function gatewayTls(tls: TerminatedTls, isHttp: boolean): JsonObject {
  const { certificate, clients, minimumVersion, maximumVersion, cipherSuites } = tls;
  const params = {
    tls_minimum_protocol_version: minimumVersion && VERSIONS[minimumVersion],
    tls_maximum_protocol_version: maximumVersion && VERSIONS[maximumVersion],
    cipher_suites: cipherSuites,
  };
  return {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: any("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
        common_tls_context: {
          ...(Object.values(params).some((one) => one !== undefined) && { tls_params: params }),
          alpn_protocols: isHttp ? ["h2", "http/1.1"] : undefined,
          tls_certificate_sds_secret_configs: [secretReference(certificateName(certificate))],
          ...(clients && {
            combined_validation_context: {
              default_validation_context: {
                match_typed_subject_alt_names: clients.subjectAltNames && matchNames(clients.subjectAltNames),
              },
              validation_context_sds_secret_config: secretReference(authorityName(clients.authorities)),
            },
          }),
        },
        require_client_certificate: clients ? true : undefined,
      }),
    },
    transport_socket_connect_timeout: duration(HANDSHAKE_TIMEOUT_MS),
  };
}

/** SDS: what the chain refers to. */
export function gatewaySecrets({ certificate, clients }: TerminatedTls): readonly Resource[] {
  return [
    makeResource("SDS", certificateName(certificate), certificateJson(certificate)),
    ...(clients ? [makeResource("SDS", authorityName(clients.authorities), authorityJson(clients.authorities))] : []),
  ];
}

function certificateName(source: CertificateSource): string {
  return source.kind === "files" ? certificateSecretName(filesOf(source)) : `kubernetes://${source.secret}`;
}

function certificateJson(source: CertificateSource): JsonObject {
  if (source.kind === "files") return certificateSecretJson(filesOf(source));
  return {
    name: certificateName(source),
    tls_certificate: {
      certificate_chain: { inline_string: source.certificate },
      private_key: { inline_string: source.privateKey ?? "" },
    },
  };
}

function authorityName(source: CertificateSource): string {
  return source.kind === "files" ? authoritySecretName(source.certificate) : `kubernetes://${source.secret}-cacert`;
}

function authorityJson(source: CertificateSource): JsonObject {
  if (source.kind === "files") return authoritySecretJson(source.certificate);
  return {
    name: authorityName(source),
    validation_context: { trusted_ca: { inline_string: source.certificate } },
  };
}

function filesOf({ certificate, privateKey = "" }: { readonly certificate: string; readonly privateKey?: string }) {
  return { certificate, key: privateKey };
}
