import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log/logger.js";
import { ApiError, type KubernetesApi } from "./api.js";
import { LEASE_S, type Lease, leasesPath, RENEW_MS, timeOfLease, unlessMissing } from "./lease.js";

/** By this label those of all replicas are found. */
export const REPLICA_LABELS = { "networking.meltemi.io/lease": "replica" } as const;
export const REPORT_ANNOTATION = "networking.meltemi.io/rollout";

/** Envoys mostly have a change within moments. Shorter than the leader's own, who then finds in time what we tell. */
const SETTLE_MS = 250;
/** From one write to the next. */
const PAUSE_MS = 1_000;
const RETRY_MS = 2_000;

export interface ReplicaLeaseOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** Of this process, as no other one has it. */
  readonly identity: string;
  /** How far our Envoys are, as text. */
  readonly report: () => string;
  readonly log: Logger;
}

/** Tells the replica that leads how far our Envoys are, in a Lease of our own, which goes when we do. */
export class ReplicaLease {
  readonly #options: ReplicaLeaseOptions;
  readonly #path: string;
  readonly #end = new AbortController();
  #running: Promise<void> | undefined;
  #wake = new AbortController();
  #changed = false;
  /** As the API server has answered. Undefined: it is to be asked. */
  #held: Lease | undefined;
  #written = { text: "", at_ms: Number.NEGATIVE_INFINITY };
  #said = "";

  constructor(options: ReplicaLeaseOptions) {
    this.#options = options;
    this.#path = leasesPath(options.namespace);
  }

  /** Our Envoys have answered, come or gone, or are to have something else. */
  changed(): void {
    this.#changed = true;
    this.#wake.abort();
    this.#running ??= this.#run();
  }

  /** Deletes it, so that nobody counts our Envoys any more. */
  async stop(): Promise<void> {
    this.#end.abort();
    if (this.#running === undefined) return;
    await this.#running;
    const { api, identity, log } = this.#options;
    try {
      await api.delete(`${this.#path}/${replicaLeaseName(identity)}`);
    } catch (error) {
      log.debug({ reason: (error as Error).message }, "our lease is not deleted; it expires");
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await sleep(SETTLE_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#changed = false;
      const pause_ms = (await this.#write()) ? PAUSE_MS - SETTLE_MS : RETRY_MS;
      await sleep(pause_ms, undefined, { signal }).catch(() => undefined);
      this.#wake = new AbortController();
      if (this.#changed) continue;
      const either = AbortSignal.any([signal, this.#wake.signal]);
      await sleep(RENEW_MS - PAUSE_MS, undefined, { signal: either }).catch(() => undefined);
    }
  }

  /** False where it is to be tried again. */
  async #write(): Promise<boolean> {
    const { api, namespace, identity, report, log } = this.#options;
    const text = report();
    const now_ms = performance.now();
    if (text === this.#written.text && now_ms - this.#written.at_ms < RENEW_MS - PAUSE_MS) return true;
    const name = replicaLeaseName(identity);
    const lease: Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace, labels: REPLICA_LABELS, annotations: { [REPORT_ANNOTATION]: text } },
      spec: { holderIdentity: identity, leaseDurationSeconds: LEASE_S, renewTime: timeOfLease() },
    };
    try {
      this.#held ??= (await api.get(`${this.#path}/${name}`).catch(unlessMissing)) as Lease | undefined;
      const { resourceVersion } = this.#held?.metadata ?? {};
      this.#held = (await (resourceVersion === undefined
        ? api.create(this.#path, lease)
        : api.replace(`${this.#path}/${name}`, {
            ...lease,
            metadata: { ...lease.metadata, resourceVersion },
          }))) as Lease;
      this.#written = { text, at_ms: now_ms };
      this.#said = "";
      return true;
    } catch (error) {
      this.#held = undefined;
      const { message } = error as Error;
      // The leader has taken us for gone and deleted it, or an answer of ours has been lost.
      const stale = error instanceof ApiError && (error.status === 404 || error.status === 409);
      if (!stale && message !== this.#said)
        log.warn({ reason: message }, "what our Envoys have cannot be told to the leader");
      this.#said = message;
      return false;
    }
  }
}

export function replicaLeaseName(identity: string): string {
  return `meltemi-${hash("sha256", identity, "hex").slice(0, 12)}`;
}
