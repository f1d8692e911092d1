import { ApiError, type KubernetesApi } from "../../kubernetes/api.js";
import type { Logger } from "../../log/logger.js";
import { MELTEMI_GROUP } from "../../resource/kinds.js";
import type { Source, SourceState } from "../source.js";
import { ObjectStore } from "./object-store.js";
import { Reflector, type WatchedKind } from "./reflector.js";

/** Changes that follow one another this closely become one state: a rollout is many. */
const QUIET_MS = 50;

/** A cluster that never rests gives a state this often all the same, if nothing else is said. */
const PATIENCE_MS = 500;

const INSTALL = "apply what `meltemi install --dry-run` prints. It is read once it is there";

const FORBIDDEN = 403;

/** A server says so, too, while it starts. */
const TOO_MANY_REQUESTS = 429;

export interface KubernetesSourceOptions {
  readonly api: KubernetesApi;
  readonly kinds: readonly WatchedKind[];
  /** None: all of them. */
  readonly namespaces: readonly string[];
  /** After a change a state comes within this time, however many others follow. Default: 500. */
  readonly patience_ms?: number | undefined;
  readonly log: Logger;
}

/** The resources of a Kubernetes API server, followed as they change. While it is away the last state stays in force. */
export class KubernetesSource implements Source {
  readonly #log: Logger;
  readonly #patience_ms: number;
  /** Some namespaces alone are read. */
  readonly #isPart: boolean;
  readonly #stores = new Map<string, ObjectStore>();
  readonly #reflectors: Reflector[] = [];
  readonly #ends: Promise<void>[] = [];
  /** Those that have not told all that there is. */
  readonly #unread = new Set<Reflector>();
  /** Those that nobody answers. */
  readonly #away = new Set<Reflector>();
  #onState: (state: SourceState) => void = () => {};
  #started: () => void = () => {};
  #state: SourceState | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firstChange_ms: number | undefined;
  #closed = false;

  constructor({ api, kinds, namespaces, patience_ms = PATIENCE_MS, log }: KubernetesSourceOptions) {
    this.#log = log;
    this.#patience_ms = patience_ms;
    this.#isPart = namespaces.length > 0;
    for (const kind of kinds) {
      // Namespaces are in every cluster, and who may read some of them alone may not list them.
      if (namespaces.length > 0 && kind.isClusterWide && kind.group === "") continue;
      const store = new ObjectStore(kind.kind);
      // Two groups may have kinds of one name.
      this.#stores.set(`${kind.kind}.${kind.group}`, store);
      for (const namespace of namespaces.length === 0 || kind.isClusterWide ? [undefined] : namespaces) {
        this.#reflectors.push(this.#reflector(api, kind, namespace, store));
      }
    }
  }

  /** Waits for the API server as long as it takes; resolves, too, when it is closed meanwhile. */
  async start(onState: (state: SourceState) => void): Promise<void> {
    this.#onState = onState;
    await new Promise<void>((resolve) => {
      this.#started = resolve;
      for (const reflector of this.#reflectors) {
        this.#unread.add(reflector);
        this.#ends.push(reflector.run());
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const reflector of this.#reflectors) reflector.stop();
    await Promise.all(this.#ends);
    this.#started();
  }

  /** A resource's `status` as it was last seen. */
  status(group: string, kind: string, namespace: string, name: string): unknown {
    return this.#stores.get(`${kind}.${group}`)?.status(namespace, name);
  }

  #reflector(api: KubernetesApi, kind: WatchedKind, namespace: string | undefined, store: ObjectStore): Reflector {
    const log = this.#log.child({ kind: kind.kind, ...(namespace !== undefined && { namespace }) });
    let exists: boolean | undefined;
    let refused: string | undefined;
    const reflector: Reflector = new Reflector(api, kind, namespace, {
      replaced: (objects, apiVersion) => {
        if (apiVersion === undefined && exists !== false) {
          if (kind.group === MELTEMI_GROUP) log.warn(`the API server has no such kind: ${INSTALL}`);
          else log.info("the API server has no such kind; it is read when it has");
        }
        if (apiVersion !== undefined && exists === false) log.info("the API server has the kind now");
        exists = apiVersion !== undefined;
        const changed = store.replace(objects, apiVersion ?? "", namespace);
        this.#unread.delete(reflector);
        if (changed || this.#state === undefined) this.#changed();
      },
      put: (object, apiVersion) => {
        if (store.put(object, apiVersion)) this.#changed();
      },
      removed: (object) => {
        if (store.remove(object)) this.#changed();
      },
      failed: (error) => {
        if (this.#isBeyond(kind, error)) {
          if (refused === undefined)
            log.info({ reason: error.message }, "is of no namespace, and is taken as not there");
          refused = error.message;
          if (this.#unread.delete(reflector)) this.#changed();
          return;
        }
        if (error instanceof ApiError && error.status < 500 && error.status !== TOO_MANY_REQUESTS) {
          if (refused !== error.message)
            log.error({ reason: error.message }, "cannot be read; what was read last stays in force");
          refused = error.message;
          return;
        }
        // One line for all kinds.
        if (this.#away.size === 0)
          this.#log.warn({ reason: error.message }, "the API server is away; what was read last stays in force");
        this.#away.add(reflector);
      },
      recovered: () => {
        if (refused !== undefined) log.info("can be read now");
        refused = undefined;
        if (this.#away.delete(reflector) && this.#away.size === 0) this.#log.info("the API server is back");
      },
    });
    return reflector;
  }

  /** Who may read some namespaces alone may not read what is of none. */
  #isBeyond({ isClusterWide = false }: WatchedKind, error: Error): boolean {
    return isClusterWide && this.#isPart && error instanceof ApiError && error.status === FORBIDDEN;
  }

  #changed(): void {
    if (this.#closed || this.#unread.size > 0) return;
    const now_ms = performance.now();
    this.#firstChange_ms ??= now_ms;
    const wait_ms =
      this.#state === undefined
        ? 0
        : Math.min(QUIET_MS, Math.max(0, this.#firstChange_ms + this.#patience_ms - now_ms));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), wait_ms);
  }

  #tell(): void {
    this.#firstChange_ms = undefined;
    const resources = [...this.#stores.values()].flatMap((store) => store.resources);
    this.#state = { resources, ignored: [], problems: [] };
    this.#onState(this.#state);
    this.#started();
  }
}
