import { isDeepStrictEqual } from "node:util";
import { EXPORT_ANNOTATION } from "../../resource/kubernetes-service.js";
import { INTERFACE_ANNOTATION } from "../../resource/service-entry.js";
import type { Place, RawResource } from "../source.js";
import type { KubernetesObject } from "./reflector.js";

/** What is in a cluster is in no file. */
const NOWHERE: Place = { file: "", line: 1 };

interface Held {
  readonly raw: RawResource;
  readonly order: string;
  /** As it is in the cluster, of those that have one. */
  readonly status: unknown;
}

/** What the API server writes into objects and nobody reads here: it changes all the time. */
const UNREAD = new Set(["apiVersion", "kind", "metadata", "status"]);

/** Of the others some change all the time, too. */
const READ_ANNOTATIONS = new Set([INTERFACE_ANNOTATION, EXPORT_ANNOTATION]);

/** The objects of one kind, as resources: one that did not change in what is read of it stays the same resource. */
export class ObjectStore {
  readonly #held = new Map<string, Held>();
  #sorted: readonly RawResource[] | undefined;

  constructor(private readonly kind: string) {}

  /** The older one first, then by namespace and name: of two that conflict the first stays in force. */
  get resources(): readonly RawResource[] {
    this.#sorted ??= [...this.#held.values()].sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ raw }) => raw);
    return this.#sorted;
  }

  /** Of a resource as it was last seen, whoever wrote it. */
  status(namespace: string, name: string): unknown {
    return this.#held.get(`${namespace}/${name}`)?.status;
  }

  /** False where nothing changed of what is read. */
  put(object: KubernetesObject, apiVersion: string): boolean {
    const { name, namespace = "", creationTimestamp = "" } = object.metadata;
    const key = `${namespace}/${name}`;
    const before = this.#held.get(key);
    const document = this.#documentOf(object, apiVersion);
    const order = `${creationTimestamp} ${key}`;
    const { status } = object;
    if (before !== undefined && before.order === order && isDeepStrictEqual(before.raw.document, document)) {
      if (status !== undefined) this.#held.set(key, { ...before, status });
      return false;
    }
    this.#held.set(key, { raw: { document, place: NOWHERE, locate: () => NOWHERE }, order, status });
    this.#sorted = undefined;
    return true;
  }

  remove({ metadata: { namespace = "", name } }: KubernetesObject): boolean {
    const removed = this.#held.delete(`${namespace}/${name}`);
    if (removed) this.#sorted = undefined;
    return removed;
  }

  /** These are all that there are, in a namespace or in all of them. */
  replace(objects: readonly KubernetesObject[], apiVersion: string, within: string | undefined): boolean {
    let changed = false;
    const now = new Set(objects.map(({ metadata: { namespace = "", name } }) => `${namespace}/${name}`));
    for (const key of this.#held.keys()) {
      if (now.has(key) || (within !== undefined && !key.startsWith(`${within}/`))) continue;
      this.#held.delete(key);
      this.#sorted = undefined;
      changed = true;
    }
    for (const object of objects) changed = this.put(object, apiVersion) || changed;
    return changed;
  }

  #documentOf(object: KubernetesObject, apiVersion: string): Readonly<Record<string, unknown>> {
    const { name, namespace, labels, annotations = {}, generation } = object.metadata;
    const read = Object.entries(annotations).filter(([annotation]) => READ_ANNOTATIONS.has(annotation));
    return {
      apiVersion,
      kind: this.kind,
      metadata: {
        name,
        ...(namespace && { namespace }),
        ...(labels && { labels }),
        ...(read.length > 0 && { annotations: Object.fromEntries(read) }),
        ...(generation !== undefined && { generation }),
      },
      ...Object.fromEntries(Object.entries(object).filter(([field]) => !UNREAD.has(field))),
    };
  }
}
