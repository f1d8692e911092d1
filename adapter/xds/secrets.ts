import type { DownstreamTls, UpstreamTls } from "../model/model.js";
import type { JsonObject } from "./json.js";
import { ADS, makeResource, type Resource } from "./resource.js";

/**
 * Certificates and keys are files on the node. They are named in secrets of their own, for which Envoy watches the directories: it
 * reads them anew when something is moved there, so that new connections are shown new ones and nothing is drained. A secret's name says all that is in it: it never changes.
 */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What a listener or a cluster refers to. */
export function secretReference(name: string): JsonObject {
  return { name, sds_config: ADS };
}

export function certificateSecretName({ certificate, key }: CertificateFiles): string {
  return `file-cert:${certificate}~${key}`;
}

export function authoritySecretName(file: string): string {
  return `file-root:${file}`;
}

/** SDS: what a listener or a cluster with this TLS refers to. */
export function secretsOf(tls: DownstreamTls | UpstreamTls | undefined): readonly Resource[] {
  if (tls === undefined) return [];
  const files = ownCertificate(tls);
  const authority = authorityFile(tls);
  return [
    ...(files === undefined ? [] : [makeResource("SDS", certificateSecretName(files), certificateSecretJson(files))]),
    ...(authority === undefined
      ? []
      : [makeResource("SDS", authoritySecretName(authority), authoritySecretJson(authority))]),
  ];
}

/** The certificate that this side shows. */
export function ownCertificate(tls: DownstreamTls | UpstreamTls): CertificateFiles | undefined {
  const certificate = "serverCertificate" in tls ? tls.serverCertificate : (tls as UpstreamTls).clientCertificate;
  if (tls.mode === "DISABLE" || certificate === undefined || tls.privateKey === undefined) return undefined;
  return { certificate, key: tls.privateKey };
}

/** The file of those who may sign the other side's certificate; undefined: the system's, or nobody is asked. */
export function authorityFile(tls: DownstreamTls | UpstreamTls): string | undefined {
  const skipped = "insecureSkipVerify" in tls && tls.insecureSkipVerify;
  return tls.mode === "DISABLE" || skipped ? undefined : tls.caCertificates;
}

/** The node reads the files anew when something is moved into their directories. */
export function certificateSecretJson(files: CertificateFiles): JsonObject {
  const { certificate, key } = files;
  return {
    name: certificateSecretName(files),
    tls_certificate: {
      certificate_chain: { filename: certificate },
      private_key: { filename: key },
    },
  };
}

export function authoritySecretJson(file: string): JsonObject {
  return { name: authoritySecretName(file), validation_context: { trusted_ca: { filename: file } } };
}
