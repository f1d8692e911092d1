import { typeUrl } from "../xds/resource.js";
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from "./protocol.js";
import { LEGACY_WILDCARD, type Variant, WILDCARD } from "./variant.js";

/** Incremental: requests change what the node wants, responses carry what changed and the names of what is gone. */
export const DELTA: Variant<DeltaDiscoveryRequest, DeltaDiscoveryResponse> = {
  incremental: true,

  /** Changes of the subscription count whatever the nonce says. */
  isStale() {
    return false;
  },

  subscribe(subscription, request) {
    const isFirst = subscription.isNew;
    subscription.isNew = false;
    if (isFirst) {
      subscription.adopt(request.initial_resource_versions);
      subscription.wildcard =
        request.resource_names_subscribe.length === 0 && LEGACY_WILDCARD.includes(subscription.type);
    }
    for (const name of request.resource_names_subscribe) {
      if (name === WILDCARD) subscription.wildcard = true;
      else {
        subscription.names.add(name);
        // Who subscribes again has lost it, and is to get it even unchanged.
        if (!isFirst) subscription.forget(name);
      }
    }
    for (const name of request.resource_names_unsubscribe) {
      if (name === WILDCARD) subscription.wildcard = false;
      else {
        subscription.names.delete(name);
        // Under a wildcard it is sent again, for the node may have let it go.
        subscription.forget(name);
      }
    }
    subscription.forgetUnwanted();
  },

  response(subscription, { resources, removed }, nonce, snapshotVersion) {
    const url = typeUrl(subscription.type);
    return {
      system_version_info: snapshotVersion,
      resources: resources.map(({ name, version, bytes }) => ({
        name,
        version,
        resource: { type_url: url, value: bytes },
      })),
      type_url: url,
      removed_resources: removed,
      nonce,
    };
  },
};
