import { isIP } from "node:net";
import type { Viewer } from "./scope.js";

export type Family = "IPv4" | "IPv6";

/** What is known of an Envoy: where it stands, and what it has said of itself. */
export interface NodeProfile extends Viewer {
  /** Of the workload that it serves. */
  readonly labels: Readonly<Record<string, string>>;
  /** All that its machine has but those of the loopback interface; none: it has not said. */
  readonly addresses: readonly NodeAddress[];
  /** Its machine's connections are redirected to it. */
  readonly captured: boolean;
  /** What it says of itself; undefined: nothing. */
  readonly dualStack: boolean | undefined;
}

export interface NodeAddress {
  readonly ip: string;
  /** Of the machine, where that is said: `eth0`. */
  readonly interface: string | undefined;
}

/** A node that has said nothing of itself. */
export const PLAIN_NODE: NodeProfile = {
  namespace: undefined,
  gateway: false,
  labels: {},
  addresses: [],
  captured: false,
  dualStack: undefined,
};

export function familyOf(ip: string): Family {
  return isIP(ip) === 6 ? "IPv6" : "IPv4";
}

/** Families of the node's addresses, its first address' in front; of a node that has not said any: both. */
export function familiesOf({ addresses, dualStack }: NodeProfile): readonly Family[] {
  const families = [...new Set(addresses.map(({ ip }) => familyOf(ip)))];
  if (families.length === 0) return ["IPv4", "IPv6"];
  return dualStack === false ? families.slice(0, 1) : families;
}
