import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, type KubernetesApi } from "../../kubernetes/api.js";

/** A kind as the API server names it in paths. */
export interface WatchedKind {
  readonly group: string;
  /** In the order of preference: the first that the server has is read. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  /** Its objects may be of no namespace. */
  readonly isClusterWide?: boolean;
  /** Nothing but its metadata is wanted. */
  readonly metadataOnly?: boolean;
}

export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly resourceVersion?: string;
  };
  readonly [field: string]: unknown;
}

export interface ReflectorEvents {
  /** The objects that there are, in this version of the group; undefined: the server does not have the kind. */
  readonly replaced: (objects: readonly KubernetesObject[], apiVersion: string | undefined) => void;
  readonly put: (object: KubernetesObject, apiVersion: string) => void;
  readonly removed: (object: KubernetesObject) => void;
  /** The server cannot be reached, or says no. What was told before stands. */
  readonly failed: (error: Error) => void;
  readonly recovered: () => void;
}

/** After the first failure, and at most; between the two it doubles. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** How often it is looked whether a kind that the server does not have has been installed. */
const LOOK_AGAIN_MS = 5_000;
/** Objects in one answer. */
const PAGE = 500;
/** The server ends a watch after so long, by chance up to twice that, so that not all watches end at once. */
const WATCH_S = 300;
/** The state at this moment is too old for the server: it has forgotten what happened since. */
const GONE = 410;

/** Follows all objects of one kind, through failures, restarts and expired watches, until it is stopped. */
export class Reflector {
  readonly #end = new AbortController();
  readonly #accept: { readonly list: string; readonly watch: string };
  #apiVersion: string | undefined;
  /** Up to where objects have been told; undefined: they have to be listed. */
  #resourceVersion: string | undefined;
  #pause_ms = FIRST_PAUSE_MS;
  #failing = false;
  /** It was there, and at the last look it was not. */
  #missed = false;

  constructor(
    private readonly api: KubernetesApi,
    private readonly kind: WatchedKind,
    /** Undefined: all namespaces. */
    private readonly namespace: string | undefined,
    private readonly events: ReflectorEvents,
  ) {
    const as = (what: string) =>
      kind.metadataOnly ? `application/json;as=${what};g=meta.k8s.io;v=v1` : "application/json";
    this.#accept = { list: as("PartialObjectMetadataList"), watch: as("PartialObjectMetadata") };
  }

  /** Resolves when it has been stopped. */
  async run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      let pause_ms = 0;
      try {
        pause_ms = await this.#round();
      } catch (error) {
        if (signal.aborted) return;
        pause_ms = this.#fail(error as Error);
      }
      if (pause_ms > 0) await sleep(pause_ms, undefined, { signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#end.abort();
  }

  /** Lists if that has to be, and watches until the watch ends. Returns how long to wait before the next round. */
  async #round(): Promise<number> {
    this.#apiVersion ??= await this.#findVersion();
    if (this.#apiVersion === undefined) return this.#absent();
    this.#missed = false;
    if (this.#resourceVersion === undefined) {
      const { objects, resourceVersion } = await this.#list(this.#apiVersion);
      if (this.#end.signal.aborted) return 0;
      this.#resourceVersion = resourceVersion;
      this.events.replaced(objects, this.#apiVersion);
    }
    this.#recover();
    const began_ms = performance.now();
    await this.#watch(this.#apiVersion, this.#resourceVersion);
    // One that ends at once would be asked for again and again.
    return performance.now() - began_ms > FIRST_PAUSE_MS ? 0 : FIRST_PAUSE_MS;
  }

  /** A server that starts may not have all kinds yet: one that was there is let go when it is missing twice. */
  #absent(): number {
    if (this.#resourceVersion === undefined || this.#missed) {
      this.#recover();
      this.#resourceVersion = undefined;
      this.events.replaced([], undefined);
    }
    this.#missed = true;
    return LOOK_AGAIN_MS;
  }

  async #findVersion(): Promise<string | undefined> {
    const { group, versions, plural } = this.kind;
    const served = group === "" ? versions : await this.#servedVersions(group);
    for (const version of versions.filter((one) => served.includes(one))) {
      const apiVersion = group === "" ? version : `${group}/${version}`;
      const found = (await this.api.get(prefixOf(apiVersion)).catch(unlessMissing)) as
        | { readonly resources?: readonly { readonly name: string }[] }
        | undefined;
      if (found?.resources?.some(({ name }) => name === plural)) return apiVersion;
    }
    return undefined;
  }

  async #servedVersions(group: string): Promise<readonly string[]> {
    const found = (await this.api.get(`/apis/${group}`).catch(unlessMissing)) as
      | { readonly versions: readonly { readonly version: string }[] }
      | undefined;
    return found?.versions.map(({ version }) => version) ?? [];
  }

  async #list(apiVersion: string) {
    const objects: KubernetesObject[] = [];
    for (let next: string | undefined; ; ) {
      const query = new URLSearchParams({ limit: String(PAGE), ...(next && { continue: next }) });
      const page = (await this.api.get(`${this.#path(apiVersion)}?${query}`, this.#accept.list)) as ObjectList;
      // Null where there are none.
      for (const object of page.items ?? []) objects.push(object);
      next = page.metadata.continue;
      if (!next) return { objects, resourceVersion: page.metadata.resourceVersion };
    }
  }

  async #watch(apiVersion: string, resourceVersion: string): Promise<void> {
    const query = new URLSearchParams({
      watch: "1",
      allowWatchBookmarks: "true",
      timeoutSeconds: String(Math.round(WATCH_S * (1 + Math.random()))),
      resourceVersion,
    });
    const path = `${this.#path(apiVersion)}?${query}`;
    for await (const { type, object } of this.api.watch(path, this.#end.signal, this.#accept.watch)) {
      if (this.#end.signal.aborted) return;
      if (type === "ERROR") {
        const { code = 0, message = "the watch has failed" } = object as { code?: number; message?: string };
        throw new ApiError(code, message);
      }
      const one = object as KubernetesObject;
      if (type === "DELETED") this.events.removed(one);
      else if (type !== "BOOKMARK") this.events.put(one, apiVersion);
      this.#resourceVersion = one.metadata.resourceVersion ?? this.#resourceVersion;
    }
  }

  #path(apiVersion: string): string {
    const scope = this.namespace === undefined ? "" : `/namespaces/${this.namespace}`;
    return `${prefixOf(apiVersion)}${scope}/${this.kind.plural}`;
  }

  /** Returns how long to wait. */
  #fail(error: Error): number {
    const status = error instanceof ApiError ? error.status : 0;
    if (status === GONE) {
      this.#resourceVersion = undefined;
      return 0;
    }
    // The kind has been taken away, or is served in another version now.
    if (status === 404) this.#apiVersion = undefined;
    else {
      this.#failing = true;
      this.events.failed(error);
    }
    const pause_ms = this.#pause_ms;
    this.#pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS);
    return pause_ms * (1 + Math.random() / 4);
  }

  #recover(): void {
    if (this.#failing) this.events.recovered();
    this.#failing = false;
    this.#pause_ms = FIRST_PAUSE_MS;
  }
}

interface ObjectList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubernetesObject[] | null;
}

function prefixOf(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}
