import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../log/logger.js";
import { parseReports, type RolloutReports } from "../status/rollout-report.js";
import type { KubernetesApi } from "./api.js";
import type { Leadership } from "./leader-election.js";
import { LEASE_S, type Lease, leasesPath } from "./lease.js";
import { REPLICA_LABELS, REPORT_ANNOTATION, replicaLeaseName } from "./replica-lease.js";

/** Between two looks of the one who leads. */
const LOOK_MS = 1_000;
/** Of one that vanished nothing is left after so many times its Lease's duration. */
const FORGET_DURATIONS = 4;

export interface OtherReplicasOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** Of this process, whose own Lease is left out. */
  readonly identity: string;
  /** Only who leads looks. */
  readonly leadership: Leadership;
  readonly log: Logger;
}

/** A Lease, and since when it has been as it is, while we looked. */
interface Seen {
  readonly version: string | undefined;
  readonly since_ms: number;
}

/** What the other replicas tell of their Envoys. Clocks are never compared, as in `LeaderElection`. */
export class OtherReplicas {
  readonly #options: OtherReplicasOptions;
  readonly #path: string;
  readonly #end = new AbortController();
  readonly #seen = new Map<string, Seen>();
  #texts: readonly string[] = [];
  #reports: readonly RolloutReports[] = [];
  #running: Promise<void> = Promise.resolve();
  #looking: Promise<void> | undefined;
  #said = "";

  constructor(options: OtherReplicasOptions) {
    this.#options = options;
    this.#path = leasesPath(options.namespace);
  }

  /** Of those that live, as they were seen last. Another array where they tell something else. */
  get reports(): readonly RolloutReports[] {
    return this.#reports;
  }

  /** Looks from time to time while this process leads. */
  start(onChange: () => void): void {
    this.#running = this.#run(onChange);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** Where nobody can be asked, all stays as it was seen last. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #run(onChange: () => void): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const before = this.#reports;
      if (this.#options.leadership.leads) await this.look();
      else this.#seen.clear();
      if (this.#reports !== before) onChange();
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const selector = Object.entries(REPLICA_LABELS).map(([label, value]) => `${label}=${value}`);
    const { api, identity, log } = this.#options;
    try {
      const list = await api.get(`${this.#path}?labelSelector=${encodeURIComponent(selector.join(","))}`);
      const { items } = list as { readonly items: readonly Lease[] };
      await this.#saw(items.filter(({ metadata }) => metadata.name !== replicaLeaseName(identity)));
      this.#said = "";
    } catch (error) {
      // Nobody may have been able to renew theirs meanwhile.
      this.#seen.clear();
      const { message } = error as Error;
      if (message !== this.#said) log.warn({ reason: message }, "what other replicas' Envoys have cannot be read");
      this.#said = message;
    }
  }

  async #saw(leases: readonly Lease[]): Promise<void> {
    const now_ms = performance.now();
    const texts: string[] = [];
    const forgotten: string[] = [];
    for (const { metadata, spec } of leases) {
      const { name, resourceVersion: version, annotations } = metadata;
      const seen = this.#seen.get(name);
      const since_ms = seen?.version === version ? (seen?.since_ms ?? now_ms) : now_ms;
      this.#seen.set(name, { version, since_ms });
      const durations = (now_ms - since_ms) / ((spec.leaseDurationSeconds ?? LEASE_S) * 1000);
      if (durations <= 1) texts.push(annotations?.[REPORT_ANNOTATION] ?? "");
      else if (durations > FORGET_DURATIONS) forgotten.push(name);
    }
    const names = new Set(leases.map(({ metadata }) => metadata.name));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    if (!isDeepStrictEqual(texts, this.#texts)) {
      this.#texts = texts;
      this.#reports = texts.map(parseReports).filter((report) => report !== undefined);
    }
    for (const name of forgotten) await this.#forget(name);
  }

  async #forget(name: string): Promise<void> {
    const { api, log } = this.#options;
    try {
      await api.delete(`${this.#path}/${name}`);
      log.info({ name }, "the lease of a replica that vanished is deleted");
    } catch (error) {
      log.debug({ name, reason: (error as Error).message }, "the lease of a replica that vanished is not deleted");
    }
  }
}
