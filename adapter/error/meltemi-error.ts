/** What kind of failure it is; the command line turns it into an exit code. */
export type ErrorCode =
  /** The command was called wrongly: an address without a port, a directory that does not exist. */
  | "USAGE"
  /** An address is in use, or none of this machine's. */
  | "CANNOT_LISTEN"
  /** A certificate or a key cannot be read, or the two do not belong together. */
  | "CERTIFICATE"
  /** An adapter that was asked does not answer. */
  | "ADAPTER_FAILED"
  /** No Envoy could be found or fetched. */
  | "ENVOY_NOT_FOUND"
  /** Envoy did not start, or ended by itself. */
  | "ENVOY_FAILED"
  /** A machine's redirect rules cannot be read or changed. */
  | "IPTABLES_FAILED"
  /** A piece of the installation is missing or broken. */
  | "INSTALLATION";

/** The adapter's one error class. Its message says what is wrong and what to do about it. */
export class MeltemiError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { readonly cause: unknown },
  ) {
    super(message, options);
    this.name = "MeltemiError";
  }
}
