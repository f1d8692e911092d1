import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ServerCredentials } from "@grpc/grpc-js";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Logger } from "../log/logger.js";
import { HANDSHAKE_TIMEOUT_MS } from "./limits.js";

/** PEM files of one who serves TLS. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Those who may sign the certificates of clients, which then must have one. */
  readonly clientAuthority?: string | undefined;
}

/**
 * Files are looked at so often. Not by events of the file system: renewed files come by renaming, by links that change, on volumes of all
 * sorts, and three small reads cost nothing.
 */
const RELOAD_MS = 2_000;

/** Certificates from files that may change: new connections get the new ones, and those that there are go on. */
export class FileCredentials extends ServerCredentials {
  readonly #files: TlsFiles;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #content: string;
  /** Said once, not every time it is looked at. */
  #complaint: string | undefined;

  private constructor(files: TlsFiles, context: SecureContextOptions, log: Logger) {
    const mutual = files.clientAuthority !== undefined;
    super({ requestCert: mutual, rejectUnauthorized: mutual, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, context);
    this.#files = files;
    this.#log = log;
    this.#content = contentOf(context);
    this.#timer = setInterval(() => void this.#reload(), RELOAD_MS);
    this.#timer.unref();
  }

  static async load(files: TlsFiles, log: Logger): Promise<FileCredentials> {
    return new FileCredentials(files, await read(files), log);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }

  /** Files that do not belong together, for they are renewed one after the other, are left alone until they do. */
  async #reload(): Promise<void> {
    try {
      const context = await read(this.#files);
      this.#complaint = undefined;
      const content = contentOf(context);
      if (content === this.#content) return;
      this.#content = content;
      this.updateSecureContextOptions(context);
      this.#log.info({ certificate: this.#files.certificate }, "certificates were read anew");
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#complaint) this.#log.error(`${message}; the ones that were read before stay in force`);
      this.#complaint = message;
    }
  }
}

async function read({ certificate, key, clientAuthority }: TlsFiles): Promise<SecureContextOptions> {
  const [cert, privateKey, ca] = await Promise.all([
    readPem(certificate),
    readPem(key),
    clientAuthority === undefined ? undefined : readAuthority(clientAuthority),
  ]);
  const context = { cert, key: privateKey, ca };
  try {
    createSecureContext(context);
  } catch (cause) {
    const { message } = cause as Error;
    throw new MeltemiError("CERTIFICATE", `${certificate} and ${key} are no certificate and its key: ${message}`, {
      cause,
    });
  }
  return context;
}

/** Certificates of those who sign others. */
export async function readAuthority(file: string): Promise<Buffer> {
  const pem = await readPem(file);
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new MeltemiError("CERTIFICATE", `${file} holds no certificate in PEM`, { cause });
  }
  return pem;
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MeltemiError("CERTIFICATE", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function contentOf({ cert, key, ca }: SecureContextOptions): string {
  return [cert, key, ca].join("\0");
}
