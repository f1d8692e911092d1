import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log/logger.js";
import { ApiError, type KubernetesApi } from "./api.js";
import { LEASE_S, type Lease, type LeaseSpec, leasesPath, RENEW_MS, timeOfLease, unlessMissing } from "./lease.js";

/** Who leads and cannot renew for so long stops, well before another one begins. */
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;

export interface LeaderElectionOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly name: string;
  /** Of this process, as no other one has it. */
  readonly identity: string;
  readonly log: Logger;
}

/** Whether this process is the one that writes. */
export interface Leadership {
  readonly leads: boolean;
  /** Calls it whenever this process begins to lead. */
  onLead(listener: () => void): void;
}

/**
 * One of all replicas leads, by a Lease. Clocks of different machines are never compared: a Lease has expired when it has not changed for
 * its duration while we looked.
 */
export class LeaderElection implements Leadership {
  readonly #options: LeaderElectionOptions;
  readonly #path: string;
  readonly #end = new AbortController();
  readonly #listeners: (() => void)[] = [];
  #running: Promise<void> = Promise.resolve();
  #renewed_ms: number | undefined;
  #observed: { readonly text: string; readonly at_ms: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#path = leasesPath(options.namespace);
  }

  /** Ends by itself when it could not be renewed. */
  get leads(): boolean {
    return this.#renewed_ms !== undefined && performance.now() - this.#renewed_ms < RENEW_DEADLINE_MS;
  }

  onLead(listener: () => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Gives the Lease back, so that another one need not wait for it. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
    if (!this.leads) return;
    this.#renewed_ms = undefined;
    const { name } = this.#options;
    try {
      const lease = (await this.#options.api.get(`${this.#path}/${name}`)) as Lease;
      if (lease.spec.holderIdentity !== this.#options.identity) return;
      await this.#options.api.replace(`${this.#path}/${name}`, {
        ...lease,
        spec: { ...lease.spec, holderIdentity: "" },
      });
    } catch (error) {
      this.#options.log.debug({ reason: (error as Error).message }, "the lease is not given back; it expires");
    }
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#end;
    let led = false;
    let said = "";
    while (!signal.aborted) {
      // An answer that comes late renews nothing: others count from when the Lease was written.
      const asked_ms = performance.now();
      try {
        this.#renewed_ms = (await this.#acquire()) ? asked_ms : undefined;
        said = "";
      } catch (error) {
        const { message } = error as Error;
        // Another one was faster, which the next look shows.
        const lost = error instanceof ApiError && error.status === 409;
        if (!lost && message !== said) log.warn({ reason: message }, "the lease cannot be read or written");
        said = message;
      }
      if (this.leads !== led) log.info(this.leads ? "leads: writes into the cluster" : "does not lead any more");
      if (this.leads && !led) for (const listener of this.#listeners) listener();
      led = this.leads;
      await sleep(led ? RENEW_MS : RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Takes the Lease, or keeps it. False where another one has it. */
  async #acquire(): Promise<boolean> {
    const { api, name, namespace, identity } = this.#options;
    const now = timeOfLease();
    const ours = { holderIdentity: identity, leaseDurationSeconds: LEASE_S, renewTime: now };
    const lease = (await api.get(`${this.#path}/${name}`).catch(unlessMissing)) as Lease | undefined;
    if (lease === undefined) {
      const spec = { ...ours, acquireTime: now, leaseTransitions: 0 };
      const created: Lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace },
        spec,
      };
      await api.create(this.#path, created);
      return true;
    }
    const { holderIdentity = "", leaseTransitions = 0 } = lease.spec;
    const held = holderIdentity === identity;
    if (!held && holderIdentity !== "" && !this.#hasExpired(lease.spec)) return false;
    const taken = held ? {} : { acquireTime: now, leaseTransitions: leaseTransitions + 1 };
    await api.replace(`${this.#path}/${name}`, { ...lease, spec: { ...lease.spec, ...ours, ...taken } });
    return true;
  }

  #hasExpired(spec: LeaseSpec): boolean {
    const text = JSON.stringify(spec);
    const now_ms = performance.now();
    if (this.#observed?.text !== text) this.#observed = { text, at_ms: now_ms };
    return now_ms - this.#observed.at_ms > (spec.leaseDurationSeconds ?? LEASE_S) * 1000;
  }
}
