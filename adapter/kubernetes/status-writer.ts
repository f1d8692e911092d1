import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../log/logger.js";
import { ApiError, type KubernetesApi } from "./api.js";
import type { Leadership } from "./leader-election.js";
import { bodyToWrite, isThere, type StatusBody } from "./status-body.js";

/** The status of one object. */
export interface WantedStatus {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Undefined: it is of none. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly body: StatusBody;
}

export interface StatusWriterOptions {
  readonly api: KubernetesApi;
  /** Nothing is written while another one leads. */
  readonly leadership: Leadership;
  /** As what statuses of the Gateway API name us: what others say there is theirs. */
  readonly controller: string;
  /** An object's status as it was last seen in the cluster. */
  readonly seen: (status: WantedStatus) => unknown;
  readonly log: Logger;
}

/** Between two writes: a hundred a second at most. */
const PAUSE_MS = 10;
/** After a failure it is tried again this late. */
const RETRY_MS = 2_000;
/** For so long it is taken as written, though the watch has not brought it back. */
const TRUST_MS = 10_000;

/** Writes the status of objects by server-side apply, one after the other, and only where it is another than is there. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #written = new Map<string, { readonly body: StatusBody; readonly at_ms: number }>();
  readonly #end = new AbortController();
  #wanted: readonly WantedStatus[] = [];
  #writing: Promise<void> | undefined;
  #again = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** These are all that there are to be. */
  set(wanted: readonly WantedStatus[]): void {
    this.#wanted = wanted;
    this.#again = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { signal } = this.#end;
    const { leadership } = this.#options;
    while (this.#again && !signal.aborted) {
      this.#again = false;
      let failed = false;
      for (const status of this.#wanted) {
        if (signal.aborted || this.#again || !leadership.leads) break;
        if (!this.#isDue(status)) continue;
        failed = !(await this.#apply(status)) || failed;
        await sleep(failed ? RETRY_MS : PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
      this.#again ||= failed;
    }
  }

  #isDue(status: WantedStatus): boolean {
    const { body } = status;
    if (isThere(body, this.#options.seen(status), this.#options.controller)) return false;
    const written = this.#written.get(keyOf(status));
    const fresh = written !== undefined && performance.now() - written.at_ms < TRUST_MS;
    return !(fresh && isDeepStrictEqual(written.body, body));
  }

  /** False where it is to be tried again. */
  async #apply(status: WantedStatus): Promise<boolean> {
    const { apiVersion, kind, plural, namespace, name, body } = status;
    const now = new Date().toISOString().replace(/\.\d+/, "");
    const object = {
      apiVersion,
      kind,
      metadata: { name, ...(namespace !== undefined && { namespace }) },
      status: bodyToWrite(body, this.#options.seen(status), this.#options.controller, now),
    };
    const within = namespace === undefined ? "" : `/namespaces/${namespace}`;
    try {
      await this.#options.api.apply(`/apis/${apiVersion}${within}/${plural}/${name}/status`, object);
      this.#written.set(keyOf(status), { body, at_ms: performance.now() });
      return true;
    } catch (error) {
      // Gone, or made anew: the source will say.
      if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return true;
      this.#options.log.warn({ reason: (error as Error).message }, "a status cannot be written; it is tried again");
      return false;
    }
  }
}

function keyOf({ apiVersion, kind, namespace = "", name }: WantedStatus): string {
  return `${apiVersion} ${kind} ${namespace}/${name}`;
}
