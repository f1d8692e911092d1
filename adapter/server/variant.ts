import type { Resource, ResourceType } from "../xds/resource.js";
import type { Request } from "./protocol.js";
import type { Subscription } from "./subscription.js";

/** A response to be: resources of one type, and names of some that exist no longer. */
export interface Update {
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
}

/** In what the two variants of the protocol differ. */
export interface Variant<Req extends Request, Res> {
  /** Whether removals are said by name. Otherwise absence says them, and CDS and LDS are always sent whole. */
  readonly incremental: boolean;
  /** Whether the request is about a response that was superseded, and so to be ignored altogether. */
  isStale(subscription: Subscription, request: Req): boolean;
  /** Takes from the request what the node wants and has. */
  subscribe(subscription: Subscription, request: Req): void;
  response(subscription: Subscription, update: Update, nonce: string, snapshotVersion: string): Res;
}

/** Types that a node may ask for without naming anything, meaning all. */
export const LEGACY_WILDCARD: readonly ResourceType[] = ["CDS", "LDS"];

export const WILDCARD = "*";
