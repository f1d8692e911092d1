import type { Family } from "./node-profile.js";

/** What the rules that redirect a machine's connections and the listeners of its Envoy have in common, by Istio's choice. */

/** Where Envoy takes what the machine's programs send. */
export const OUTBOUND_PORT = 15001;
/** Where it takes what is sent to them. */
export const INBOUND_PORT = 15006;

/**
 * Where Envoy's own connections to the machine's programs come from: by these they are told from those that programs make, and are not redirected once
 * more. Both are addresses of the loopback interface, ::6 by `meltemi iptables`.
 */
export const INBOUND_SOURCE: Readonly<Record<Family, string>> = { IPv4: "127.0.0.6", IPv6: "::6" };
