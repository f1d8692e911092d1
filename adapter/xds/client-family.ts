import type { IpFamily } from "../model/network.js";
import { otherFamily } from "../model/network.js";
import type { Family } from "../model/node-profile.js";
import { any, type JsonObject } from "./json.js";
import { anyAddress } from "./wildcard.js";

/**
 * Hosts by the family of the client's connection, without clusters of their own: each host says its family in the metadata that Envoy's
 * subsets go by, and the listener has a filter chain for each family, which says what is wanted.
 */
const LB = "envoy.lb";
const FAMILY = "family";
/** Hosts that stand in for those of the other family: the second entry of the list finds them where that is allowed. */
const STAND_IN = "stands_in";

const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];

/** The chains of a listener in place of one; where no cluster asks for it, that one. What `chain` matches by besides stays. */
export function chainsByFamily(
  isAsked: boolean,
  chain: (family: Family | undefined) => JsonObject,
): readonly JsonObject[] {
  if (!isAsked) return [chain(undefined)];
  return FAMILIES.map((family) => {
    const made = chain(family);
    // Of the address that the client has dialled: that of a redirected connection is known again by then.
    const prefix_ranges = [{ address_prefix: anyAddress(family), prefix_len: 0 }];
    return {
      ...made,
      name: [made.name, family].filter((part) => part !== undefined).join(" "),
      filter_chain_match: { ...(made.filter_chain_match as JsonObject | undefined), prefix_ranges },
    };
  });
}

/** Before the router: what hosts of requests of such clients are. */
export function wantFamily(family: Family | undefined): readonly JsonObject[] {
  if (family === undefined) return [];
  const metadata = [{ metadata_namespace: LB, value: wanted(family) }];
  const typed_config = any("envoy.extensions.filters.http.set_metadata.v3.Config", { metadata });
  return [{ name: "envoy.filters.http.set_metadata", typed_config }];
}

/** The same of whole connections: fields of a TCP proxy. */
export function wantFamilyOfConnections(family: Family | undefined): JsonObject {
  return family === undefined ? {} : { metadata_match: { filter_metadata: { [LB]: wanted(family) } } };
}

function wanted(family: Family): JsonObject {
  return { fallback_list: [{ [FAMILY]: family }, { [FAMILY]: otherFamily(family), [STAND_IN]: true }] };
}

/** Fields of a host. */
export function familyMetadata(family: Family | undefined, ipFamily: IpFamily | undefined): JsonObject {
  if (family === undefined) return {};
  const value = { [FAMILY]: family, ...(ipFamily?.fallback === "other" && { [STAND_IN]: true }) };
  return { metadata: { filter_metadata: { [LB]: value } } };
}

/** Fields of a cluster. */
export function familySubsets(ipFamily: IpFamily | undefined): JsonObject {
  if (ipFamily?.mode !== "preserve") return {};
  return {
    lb_subset_config: {
      // Envoy's own calls, to a service of rate limits, have no client.
      fallback_policy: "ANY_ENDPOINT",
      // The second also where no host stands in: else what it does not find would be any host.
      subset_selectors: [[FAMILY], [FAMILY, STAND_IN]].map((keys) => ({ keys, fallback_policy: "NO_FALLBACK" })),
      metadata_fallback_policy: "FALLBACK_LIST",
    },
  };
}
