import type { Snapshot, TypeSnapshot } from "../snapshot/snapshot.js";
import { RESOURCE_TYPES, type Resource, type ResourceType, resourceTypeOf } from "../xds/resource.js";
import { limitNames } from "./name-limit.js";
import { type NodeStatus, type Rejection, refusedOf, typesOf } from "./node-status.js";
import type { Request } from "./protocol.js";
import { Subscription } from "./subscription.js";
import { LEGACY_WILDCARD, type Update, type Variant } from "./variant.js";

export interface NodeStreamEvents<Res> {
  readonly send: (response: Res) => void;
  readonly pushed: (type: ResourceType, update: Update) => void;
  readonly acknowledged: (type: ResourceType, snapshotVersion: string) => void;
  readonly rejected: (rejection: Rejection, snapshotVersion: string) => void;
  /** The node has all of the snapshot and has accepted it. */
  readonly synchronized: (snapshot: Snapshot) => void;
}

/**
 * Types whose last response must be answered before a change of this type goes out: routes must not lead to clusters that a
 * node has not got. Endpoints and secrets wait for nothing, for Envoy answers CDS only when its new clusters are warm, for which
 * it needs them.
 */
const AFTER: Readonly<Record<ResourceType, readonly ResourceType[]>> = {
  CDS: [],
  EDS: [],
  SDS: [],
  ECDS: ["CDS", "EDS"],
  LDS: ["CDS", "EDS", "ECDS"],
  RDS: ["CDS", "EDS", "ECDS", "LDS"],
};

/**
 * One stream of one node: brings the node from what it has to the newest snapshot, step by step, making before breaking.
 * What the node waits for goes at once; what it has already changes in the order CDS, EDS, SDS, ECDS, LDS, RDS; what is gone goes
 * last and backwards (listeners apart, which nothing refers to and whose addresses their successors may need).
 * Knows nothing of gRPC: requests come in, responses go out by `send`.
 */
export class NodeStream<Req extends Request, Res> {
  readonly #subscriptions = new Map<ResourceType, Subscription>();
  #target: Snapshot | undefined;
  #responses = 0;
  #synchronizedVersion: string | undefined;

  constructor(
    private readonly variant: Variant<Req, Res>,
    private readonly events: NodeStreamEvents<Res>,
    /** The one type that the stream is for; undefined: it is for all that there is. */
    private readonly only?: ResourceType,
  ) {}

  setSnapshot(snapshot: Snapshot): void {
    this.#target = snapshot;
    for (const subscription of this.#subscriptions.values()) subscription.forgetRefused(snapshot);
    this.#synchronizedVersion = undefined;
    this.#advance();
  }

  types(): NodeStatus["types"] {
    return typesOf(this.#subscriptions.values(), this.#target);
  }

  refused(): readonly Rejection[] {
    return refusedOf(this.#subscriptions.values());
  }

  /** Throws a Refusal where the node asks for more than it may. */
  receive(request: Req): void {
    const type = resourceTypeOf(request.type_url);
    // A node may ask for types that are not served here (runtime); silence is the protocol's answer.
    if (type === undefined || (this.only !== undefined && type !== this.only)) return;
    let subscription = this.#subscriptions.get(type);
    if (subscription === undefined) {
      subscription = new Subscription(type);
      this.#subscriptions.set(type, subscription);
    }
    if (this.variant.isStale(subscription, request)) return;
    this.#settle(subscription, request);
    this.variant.subscribe(subscription, request);
    limitNames(this.#subscriptions.values());
    this.#advance();
  }

  /** Sends a resource once more, unchanged. */
  resend(type: ResourceType, name: string): void {
    this.#subscriptions.get(type)?.forget(name);
    this.#advance();
  }

  #settle(subscription: Subscription, request: Req): void {
    const { type, outstanding } = subscription;
    if (outstanding === undefined || request.response_nonce !== subscription.nonce) return;
    const { names, snapshotVersion } = outstanding;
    subscription.outstanding = undefined;
    for (const name of names) subscription.refused.delete(name);
    if (request.error_detail) {
      const { message } = request.error_detail;
      const named = names.filter((name) => message.includes(name));
      const resources = named.length > 0 ? named : names;
      for (const name of resources) subscription.refused.set(name, message);
      this.events.rejected({ type, resources, message }, snapshotVersion);
    } else {
      this.events.acknowledged(type, snapshotVersion);
    }
  }

  #advance(): void {
    const target = this.#target;
    if (target === undefined) return;
    for (const type of RESOURCE_TYPES) {
      const subscription = this.#subscriptions.get(type);
      if (subscription === undefined || subscription.outstanding !== undefined) continue;
      subscription.settleClaim(target.types[type]);
      const update = this.#additions(subscription, target.types[type]);
      if (update !== undefined) this.#send(subscription, update, target);
      else subscription.noteAcknowledged(target.types[type]);
    }
    if (this.#isWaiting(RESOURCE_TYPES)) return;
    for (const type of RESOURCE_TYPES.toReversed()) {
      const subscription = this.#subscriptions.get(type);
      if (subscription === undefined) continue;
      this.#remove(subscription, target);
      if (subscription.outstanding !== undefined) return;
    }
    this.#reportSynchronized(target);
  }

  #isWaiting(types: readonly ResourceType[]): boolean {
    return types.some((type) => this.#subscriptions.get(type)?.outstanding !== undefined);
  }

  /** What is to be sent of a type now, removals that can wait apart. */
  #additions(subscription: Subscription, target: TypeSnapshot): Update | undefined {
    const { type } = subscription;
    const isFree = !this.#isWaiting(AFTER[type]);
    const isFirst = subscription.wildcard && !subscription.answered;
    let resources = isFree ? subscription.changes(target) : subscription.awaited(target);
    const removed = [
      ...(this.variant.incremental ? subscription.absent(target) : []),
      ...(isFree && type === "LDS" ? subscription.gone(target) : []),
    ];
    if (resources.length + removed.length === 0 && !isFirst) return undefined;
    // Envoy stops at the first bad extension configuration of a response: one each keeps the others out of its harm.
    if (type === "ECDS") resources = resources.slice(0, 1);
    if (!this.variant.incremental && LEGACY_WILDCARD.includes(type)) {
      resources = subscription.whole(target, type === "CDS");
    }
    return { resources, removed };
  }

  /** Tells the node what is gone. Where absence says it there is nothing to send but CDS, all of it. */
  #remove(subscription: Subscription, target: Snapshot): void {
    const types = target.types[subscription.type];
    const removed = subscription.gone(types);
    if (removed.length === 0) return;
    if (this.variant.incremental) this.#send(subscription, { resources: [], removed }, target);
    else if (subscription.type !== "CDS") {
      subscription.drop(removed);
      subscription.noteAcknowledged(types);
    } else this.#send(subscription, { resources: subscription.whole(types, false), removed }, target);
  }

  #send(subscription: Subscription, update: Update, target: Snapshot): void {
    const { type } = subscription;
    if (type === "CDS") this.#warmAgain(subscription, update.resources);
    subscription.hold(update.resources);
    subscription.drop(update.removed);
    subscription.answered = true;
    subscription.nonce = String(++this.#responses);
    const names = [...update.resources.map(({ name }) => name), ...update.removed];
    subscription.outstanding = { names, snapshotVersion: target.version };
    this.events.pushed(type, update);
    this.events.send(this.variant.response(subscription, update, subscription.nonce, target.version));
  }

  /** Envoy makes a changed cluster anew, and that waits for its endpoints, though they are the same and not asked for again. */
  #warmAgain(clusters: Subscription, resources: readonly Resource[]): void {
    const endpoints = this.#subscriptions.get("EDS");
    if (endpoints === undefined) return;
    for (const cluster of resources) if (clusters.hasOther(cluster)) endpoints.forget(cluster.name);
  }

  #reportSynchronized(target: Snapshot): void {
    if (this.#synchronizedVersion === target.version) return;
    if (this.only === undefined ? !this.#hasAll(target) : !this.#hasWhatItNames(this.only, target)) return;
    this.#synchronizedVersion = target.version;
    this.events.synchronized(target);
  }

  #hasWhatItNames(type: ResourceType, target: Snapshot): boolean {
    const subscription = this.#subscriptions.get(type);
    if (subscription === undefined || subscription.refused.size > 0) return false;
    return subscription.changes(target.types[type]).length === 0;
  }

  #hasAll(target: Snapshot): boolean {
    for (const type of RESOURCE_TYPES) {
      const { resources } = target.types[type];
      const subscription = this.#subscriptions.get(type);
      if (subscription === undefined) {
        if (resources.size > 0 || LEGACY_WILDCARD.includes(type)) return false;
        continue;
      }
      if (subscription.refused.size > 0) return false;
      for (const resource of resources.values()) if (!subscription.has(resource)) return false;
    }
    return true;
  }
}
