import { typeUrl } from "../xds/resource.js";
import type { DiscoveryRequest, DiscoveryResponse } from "./protocol.js";
import { LEGACY_WILDCARD, type Variant, WILDCARD } from "./variant.js";

/** State of the world: every request names all that the node wants, every CDS and LDS response carries all there is. */
export const STATE_OF_THE_WORLD: Variant<DiscoveryRequest, DiscoveryResponse> = {
  incremental: false,

  /** The answer to the newest response will carry the node's newest wishes too. */
  isStale(subscription, request) {
    return subscription.nonce !== undefined && request.response_nonce !== subscription.nonce;
  },

  subscribe(subscription, request) {
    const names = request.resource_names.filter((name) => name !== WILDCARD);
    const isFirst = subscription.isNew;
    subscription.isNew = false;
    // Without names all are meant, unless the node has asked by name before and now wants nothing.
    const meansAll =
      request.resource_names.length === 0 &&
      LEGACY_WILDCARD.includes(subscription.type) &&
      (subscription.wildcard || isFirst);
    subscription.wildcard = meansAll || request.resource_names.includes(WILDCARD);
    subscription.names.clear();
    for (const name of names) subscription.names.add(name);
    subscription.forgetUnwanted();
    if (isFirst && request.version_info !== "") subscription.claimedVersion = request.version_info;
  },

  response(subscription, { resources }, nonce) {
    const url = typeUrl(subscription.type);
    return {
      version_info: subscription.heldVersion(),
      resources: resources.map(({ bytes }) => ({ type_url: url, value: bytes })),
      type_url: url,
      nonce,
    };
  },
};
