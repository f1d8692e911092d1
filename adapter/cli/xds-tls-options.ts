import type { Command } from "commander";
import { MeltemiError } from "../error/meltemi-error.js";
import type { AdapterTls } from "../istio/adapter-cluster.js";
import { readAuthority, type TlsFiles } from "../server/credentials.js";

/** How the adapter speaks TLS with nodes. */
export interface XdsTlsOptions {
  readonly xdsCert?: string;
  readonly xdsKey?: string;
  readonly xdsClientCa?: string;
  readonly xdsCa?: string;
  readonly xdsSni?: string;
}

export function withXdsTlsOptions(command: Command): Command {
  return command
    .option("--xds-cert <file>", "serve xDS over TLS with this certificate (PEM)")
    .option("--xds-key <file>", "its key (PEM)")
    .option("--xds-client-ca <file>", "ask nodes for a certificate that one of these has signed (PEM)")
    .option("--xds-ca <file>", "with --mesh istio: who has signed --xds-cert (PEM; default: the mesh's own authority)")
    .option("--xds-sni <name>", "with --mesh istio: what --xds-cert names (default: the host of --advertise)");
}

/** How Istio's Envoys speak TLS with the adapter at `host`. */
export async function sidecarTls(options: XdsTlsOptions, host: string): Promise<AdapterTls | undefined> {
  const { xdsCert, xdsClientCa, xdsCa, xdsSni = host } = options;
  if (xdsCert === undefined) return undefined;
  const authority = xdsCa === undefined ? undefined : String(await readAuthority(xdsCa));
  return { name: xdsSni, authority, mutual: xdsClientCa !== undefined };
}

export function xdsTls({ xdsCert, xdsKey, xdsClientCa }: XdsTlsOptions): TlsFiles | undefined {
  if (xdsCert !== undefined && xdsKey !== undefined) {
    return { certificate: xdsCert, key: xdsKey, clientAuthority: xdsClientCa };
  }
  if (xdsCert === undefined && xdsKey === undefined && xdsClientCa === undefined) return undefined;
  throw new MeltemiError("USAGE", "TLS takes both --xds-cert and --xds-key");
}
