import { isIP } from "node:net";
import { join } from "node:path";
import { any, type JsonObject } from "./json.js";
import {
  authoritySecretJson,
  authoritySecretName,
  type CertificateFiles,
  certificateSecretJson,
  certificateSecretName,
} from "./secrets.js";
import { matchNames } from "./tls.js";

/** How a node speaks TLS with the adapter. All of these are files on the node. */
export interface XdsTls {
  /** Those who may sign the adapter's certificate. */
  readonly authority: string;
  /** What the adapter's certificate must name. */
  readonly name: string;
  /** The node's own certificate, if it is to show one. */
  readonly certificate: CertificateFiles | undefined;
  /** Where the secrets are written, for which Envoy watches the files: what stands in a bootstrap itself is read once. */
  readonly directory: string;
}

/** For the cluster of the adapter. */
export function xdsTransportSocket(tls: XdsTls): JsonObject {
  const { authority, certificate, name } = tls;
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: any("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      sni: isIP(name) === 0 ? name : undefined,
      common_tls_context: {
        tls_certificate_sds_secret_configs: certificate && [
          fromFile(certificateSecretName(certificate), certificatePath(tls)),
        ],
        combined_validation_context: {
          default_validation_context: { match_typed_subject_alt_names: matchNames([name]) },
          validation_context_sds_secret_config: fromFile(authoritySecretName(authority), authorityPath(tls)),
        },
      },
    }),
  };
}

/** What is to be written besides the bootstrap, by path. */
export function xdsSecretFiles(tls: XdsTls): ReadonlyMap<string, JsonObject> {
  const { authority, certificate } = tls;
  const files = new Map([[authorityPath(tls), discovered(authoritySecretJson(authority))]]);
  if (certificate !== undefined) files.set(certificatePath(tls), discovered(certificateSecretJson(certificate)));
  return files;
}

function authorityPath({ directory }: XdsTls): string {
  return join(directory, "meltemi-xds-ca.json");
}

function certificatePath({ directory }: XdsTls): string {
  return join(directory, "meltemi-xds-certificate.json");
}

function fromFile(name: string, path: string): JsonObject {
  return { name, sds_config: { path_config_source: { path }, resource_api_version: "V3" } };
}

function discovered(secret: JsonObject): JsonObject {
  return { resources: [any("envoy.extensions.transport_sockets.tls.v3.Secret", secret)] };
}
