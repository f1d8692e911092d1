import type { KubernetesApi } from "../kubernetes/api.js";
import type { Leadership } from "../kubernetes/leader-election.js";
import type { Logger } from "../log/logger.js";
import { type EnvoyFilter, OWNER_LABELS } from "./envoy-filter.js";

/** After a failure it is tried again this soon. */
const RETRY_MS = 2_000;

/**
 * Keeps the EnvoyFilters of a namespace as they are to be: applies what has changed and deletes what is wanted no longer, of those
 * that carry Meltemi's label. Nobody else's are touched.
 */
export class EnvoyFilterWriter {
  /** Undefined: nobody has said yet. */
  #wanted: readonly EnvoyFilter[] | undefined;
  /** What was applied, as text, by name; undefined: the cluster has not been looked at. */
  #applied: Map<string, string> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly api: KubernetesApi,
    private readonly namespace: string,
    /** Of several replicas one writes. Undefined: there are no others. */
    private readonly leadership: Leadership | undefined,
    private readonly log: Logger,
  ) {
    // Somebody else may have written before.
    leadership?.onLead(() => this.#write(true));
  }

  /** These are to be there from now on. */
  set(wanted: readonly EnvoyFilter[]): void {
    this.#wanted = wanted;
    this.#write();
  }

  /** Resolves when nothing is being written; what was not written stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writing;
  }

  #write(anew = false): void {
    clearTimeout(this.#timer);
    this.#writing = this.#writing.then(async () => {
      if (anew) this.#applied = undefined;
      if (this.#closed || this.#wanted === undefined || this.leadership?.leads === false) return;
      try {
        await this.#reconcile(this.#wanted);
      } catch (error) {
        this.log.error({ reason: (error as Error).message }, "EnvoyFilters cannot be written; it is tried again");
        this.#timer = setTimeout(() => this.#write(), RETRY_MS);
      }
    });
  }

  async #reconcile(all: readonly EnvoyFilter[]): Promise<void> {
    this.#applied ??= new Map((await this.#owned()).map((name) => [name, ""]));
    const applied = this.#applied;
    const wanted = new Map(all.map((filter) => [filter.metadata.name, filter]));
    for (const [name, filter] of wanted) {
      if (this.leadership?.leads === false) return;
      const text = JSON.stringify(filter);
      if (applied.get(name) === text) continue;
      await this.api.apply(this.#path(name), filter);
      applied.set(name, text);
      this.log.info({ name }, "EnvoyFilter is written");
    }
    for (const name of applied.keys()) {
      if (wanted.has(name)) continue;
      if (this.leadership?.leads === false) return;
      await this.api.delete(this.#path(name));
      applied.delete(name);
      this.log.info({ name }, "EnvoyFilter is deleted");
    }
  }

  async #owned(): Promise<readonly string[]> {
    const selector = Object.entries(OWNER_LABELS)
      .map(([label, value]) => `${label}=${value}`)
      .join(",");
    const list = (await this.api.get(`${this.#path()}?labelSelector=${encodeURIComponent(selector)}`)) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    return list.items.map(({ metadata }) => metadata.name);
  }

  #path(name?: string): string {
    const all = `/apis/networking.istio.io/v1alpha3/namespaces/${this.namespace}/envoyfilters`;
    return name === undefined ? all : `${all}/${name}`;
  }
}
