import type { TerminatedTls, TlsVersion } from "../model/gateway.js";
import { any, duration, type JsonObject } from "./json.js";
import { makeResource, type Resource } from "./resource.js";
import {
  authoritySecretJson,
  authoritySecretName,
  type CertificateFiles,
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
  const { clients, minimumVersion, maximumVersion, cipherSuites } = tls;
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
          tls_certificate_sds_secret_configs: [secretReference(certificateSecretName(filesOf(tls)))],
          ...(clients && {
            combined_validation_context: {
              default_validation_context: {
                match_typed_subject_alt_names: clients.subjectAltNames && matchNames(clients.subjectAltNames),
              },
              validation_context_sds_secret_config: secretReference(authoritySecretName(clients.authorities)),
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
export function gatewaySecrets(tls: TerminatedTls): readonly Resource[] {
  const files = filesOf(tls);
  const authorities = tls.clients?.authorities;
  return [
    makeResource("SDS", certificateSecretName(files), certificateSecretJson(files)),
    ...(authorities ? [makeResource("SDS", authoritySecretName(authorities), authoritySecretJson(authorities))] : []),
  ];
}

function filesOf({ certificate, privateKey }: TerminatedTls): CertificateFiles {
  return { certificate, key: privateKey };
}
