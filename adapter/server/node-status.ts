import type { Snapshot } from "../snapshot/snapshot.js";
import type { ResourceType } from "../xds/resource.js";
import type { Node } from "./node.js";
import type { Subscription } from "./subscription.js";

/** A response that a node refuses. What it had before stays in force there. */
export interface Rejection {
  readonly type: ResourceType;
  /** Those that the node's message names, else all that were in the response. */
  readonly resources: readonly string[];
  readonly message: string;
}

/** How far a node is with a type: the last version that it accepted whole, and the newest. */
export interface TypeStatus {
  readonly acknowledged: string | undefined;
  readonly newest: string;
}

export interface NodeStatus extends Node {
  readonly connectedAt: Date;
  /** Version of the last snapshot that the node has accepted whole. */
  readonly synchronized: string | undefined;
  /** Of the types that it asks for. */
  readonly types: Partial<Record<ResourceType, TypeStatus>>;
  /** What it refuses now, one resource each. */
  readonly refused: readonly Rejection[];
  /** The last response that it refused on this stream, though it may have got a better one since. */
  readonly lastRejection: (Rejection & { readonly at: Date }) | undefined;
}

export function typesOf(
  subscriptions: Iterable<Subscription>,
  target: Snapshot | undefined,
): Partial<Record<ResourceType, TypeStatus>> {
  if (target === undefined) return {};
  return Object.fromEntries(
    [...subscriptions].map(({ type, acknowledged }) => [type, { acknowledged, newest: target.types[type].version }]),
  );
}

export function refusedOf(subscriptions: Iterable<Subscription>): readonly Rejection[] {
  return [...subscriptions].flatMap(({ type, refused }) =>
    [...refused].map(([name, message]) => ({ type, resources: [name], message })),
  );
}
