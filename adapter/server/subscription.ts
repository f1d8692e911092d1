import { type Snapshot, type TypeSnapshot, versionOf } from "../snapshot/snapshot.js";
import type { Resource, ResourceType } from "../xds/resource.js";

/** A resource as a node has it. One that the node named when it reconnected has no body here. */
interface Held {
  readonly version: string;
  readonly resource: Resource | undefined;
}

/** Stands for the version of a resource that the node was told does not exist. */
const ABSENT = "";

/** What one node wants of one type on one stream, and what of it it has. */
export class Subscription {
  /** Until the first request of this type. */
  isNew = true;
  wildcard = false;
  /** Names that were asked for one by one. */
  readonly names = new Set<string>();
  /** False until a wildcard's first response, which is due even when it is empty: Envoy waits for it. */
  answered = false;
  /** The nonce of the last response on this stream; a request that carries another is about the past. */
  nonce: string | undefined;
  /** The response that the node has not answered. There is at most one, so that updates coalesce while it is busy. */
  outstanding: { readonly names: readonly string[]; readonly snapshotVersion: string } | undefined;
  /** Resources that the node refuses, with its error. It goes on with what it had of them. */
  readonly refused = new Map<string, string>();
  /** The last version of the type that the node had whole and accepted. */
  acknowledged: string | undefined;
  /** The version that a node of the state-of-the-world variant says it has, when it comes back. */
  claimedVersion: string | undefined;
  readonly #held = new Map<string, Held>();

  constructor(readonly type: ResourceType) {}

  /** What was named at the first request: the node has it from an earlier stream. */
  adopt(versions: Readonly<Record<string, string>>): void {
    for (const [name, version] of Object.entries(versions)) this.#held.set(name, { version, resource: undefined });
  }

  /** Takes a node at its word when it claims just what it would get. */
  settleClaim(target: TypeSnapshot): void {
    if (this.claimedVersion === undefined) return;
    const wanted = this.#wanted(target);
    if (versionOf(wanted) === this.claimedVersion) {
      this.hold(wanted);
      this.answered = true;
    }
    this.claimedVersion = undefined;
  }

  /** Forgets that the node has a resource, so that it is sent again. */
  forget(name: string): void {
    this.#held.delete(name);
  }

  /** Forgets what is no longer subscribed. */
  forgetUnwanted(): void {
    if (this.wildcard) return;
    for (const name of this.#held.keys()) if (!this.names.has(name)) this.#held.delete(name);
    for (const name of this.refused.keys()) if (!this.names.has(name)) this.refused.delete(name);
  }

  /** Forgets refusals of what is not to be had any more. */
  forgetRefused({ types }: Snapshot): void {
    for (const name of this.refused.keys()) if (!types[this.type].resources.has(name)) this.refused.delete(name);
  }

  hold(resources: Iterable<Resource>): void {
    for (const resource of resources) this.#held.set(resource.name, { version: resource.version, resource });
  }

  /** The node has been told that these do not exist. What it asked for by name is remembered, not to be told twice. */
  drop(names: Iterable<string>): void {
    for (const name of names) {
      if (this.names.has(name)) this.#held.set(name, { version: ABSENT, resource: undefined });
      else this.#held.delete(name);
    }
  }

  has(resource: Resource): boolean {
    return this.#held.get(resource.name)?.version === resource.version;
  }

  /** Whether the node has a resource of this name in another version. */
  hasOther(resource: Resource): boolean {
    const held = this.#held.get(resource.name);
    return held !== undefined && held.version !== ABSENT && held.version !== resource.version;
  }

  /** Resources that the node asks for and has never got: it may be waiting for them. */
  awaited(target: TypeSnapshot): readonly Resource[] {
    if (this.wildcard && !this.answered && this.#held.size === 0) return this.#wanted(target);
    return this.#named(target).filter(({ name }) => !this.#held.has(name));
  }

  /** Names that the node asks for, that do not exist, and that it has not been told of. */
  absent(target: TypeSnapshot): readonly string[] {
    return [...this.names].filter((name) => !target.resources.has(name) && !this.#held.has(name));
  }

  /** Resources that the node lacks or has in another version. */
  changes(target: TypeSnapshot): readonly Resource[] {
    return this.#wanted(target).filter((resource) => !this.has(resource));
  }

  /** Takes note of it where the node has all that it is to have. */
  noteAcknowledged(target: TypeSnapshot): void {
    if (this.acknowledged === target.version || this.refused.size > 0) return;
    if (this.changes(target).length + this.gone(target).length === 0) this.acknowledged = target.version;
  }

  /** Names that the node has and that exist no longer. */
  gone(target: TypeSnapshot): readonly string[] {
    const names: string[] = [];
    for (const [name, { version }] of this.#held) {
      if (version !== ABSENT && !target.resources.has(name)) names.push(name);
    }
    return names;
  }

  /** Everything of the type that the node is to have, with what is gone where that is still in use. */
  whole(target: TypeSnapshot, withGone: boolean): readonly Resource[] {
    const wanted = this.#wanted(target);
    if (!withGone) return wanted;
    const gone = this.gone(target).map((name) => this.#held.get(name)?.resource);
    return [...wanted, ...gone.filter((resource) => resource !== undefined)];
  }

  /** The version of all that the node has: it names it when it comes back. */
  heldVersion(): string {
    const names = [...this.#held.keys()].sort();
    return versionOf(names.map((name) => ({ name, version: (this.#held.get(name) as Held).version })));
  }

  #wanted(target: TypeSnapshot): readonly Resource[] {
    return this.wildcard ? [...target.resources.values()] : this.#named(target);
  }

  #named(target: TypeSnapshot): readonly Resource[] {
    const resources = [...this.names].map((name) => target.resources.get(name));
    return resources.filter((resource) => resource !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
