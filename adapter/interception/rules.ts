import { type Family, familyOf } from "../model/node-profile.js";
import { INBOUND_SOURCE } from "../model/redirection.js";

/** What of a machine's TCP connections is to go through its Envoy. */
export interface Interception {
  /** Where Envoy takes what goes out. */
  readonly outboundPort: number;
  /** Where it takes what comes in. */
  readonly inboundPort: number;
  /** Ports whose incoming connections are redirected, or all. */
  readonly inboundPorts: "*" | readonly number[];
  readonly excludedInboundPorts: readonly number[];
  readonly excludedOutboundPorts: readonly number[];
  /** Destinations, as CIDRs of either family, to which connections are redirected, or all. */
  readonly outboundRanges: "*" | readonly string[];
  readonly excludedOutboundRanges: readonly string[];
  /** Interfaces whose connections are left alone, in both directions; `docker+` is all whose name begins like that. */
  readonly excludedInterfaces: readonly string[];
  /** Whose connections are Envoy's own: users, and groups. */
  readonly proxyUids: readonly number[];
  readonly proxyGids: readonly number[];
}

/** A rule as iptables-save prints it, and why it is there. */
export interface Rule {
  readonly text: string;
  readonly why: string;
}

/** Of all incoming connections, and of those that Envoy makes to its own machine. */
const INBOUND = "MELTEMI_INBOUND";
/** Of all outgoing connections. */
const OUTPUT = "MELTEMI_OUTPUT";
/** Of those of them that Envoy makes. */
const PROXY = "MELTEMI_PROXY";

export const CHAINS: readonly string[] = [INBOUND, OUTPUT, PROXY];

const HOST_BITS: Readonly<Record<Family, number>> = { IPv4: 32, IPv6: 128 };
const LOOPBACK: Readonly<Record<Family, string>> = { IPv4: "127.0.0.1", IPv6: "::1" };

/** By what the kernel's own chains lead to ours. */
export const JUMPS: readonly Rule[] = [
  { text: `-A PREROUTING -p tcp -j ${INBOUND}`, why: "What comes in from other machines." },
  { text: `-A OUTPUT -p tcp -j ${OUTPUT}`, why: "What programs of this machine connect to." },
];

/**
 * The rules of our chains for one family. The nat table sees the first packet of a connection only, and where a rule redirects it the
 * kernel keeps the original destination for Envoy (SO_ORIGINAL_DST). Without a rule that applies a connection goes where it was to go.
 */
export function redirectRules(family: Family, interception: Interception): readonly Rule[] {
  return [...inboundRules(interception), ...outputRules(family, interception), ...proxyRules(family)];
}

function inboundRules(interception: Interception): readonly Rule[] {
  const { inboundPort, inboundPorts, excludedInboundPorts, excludedInterfaces } = interception;
  const redirect = `-j REDIRECT --to-ports ${inboundPort}`;
  return [
    ...excludedInterfaces.map((name) => ({
      text: `-A ${INBOUND} -i ${name} -j RETURN`,
      why: `What comes in by ${name} is left alone.`,
    })),
    ...excludedInboundPorts.map((port) => ({
      text: `-A ${INBOUND} -p tcp -m tcp --dport ${port} -j RETURN`,
      why: `Connections to port ${port} reach their program without Envoy.`,
    })),
    ...(inboundPorts === "*"
      ? [{ text: `-A ${INBOUND} -p tcp ${redirect}`, why: "All others arrive at Envoy's inbound listener." }]
      : inboundPorts.map((port) => ({
          text: `-A ${INBOUND} -p tcp -m tcp --dport ${port} ${redirect}`,
          why: `Connections to port ${port} arrive at Envoy's inbound listener.`,
        }))),
  ];
}

function outputRules(family: Family, interception: Interception): readonly Rule[] {
  const { outboundPort, excludedOutboundPorts, outboundRanges, excludedOutboundRanges } = interception;
  const { excludedInterfaces, proxyUids, proxyGids } = interception;
  const redirect = `-j REDIRECT --to-ports ${outboundPort}`;
  const owners = [...proxyUids.map((id) => `--uid-owner ${id}`), ...proxyGids.map((id) => `--gid-owner ${id}`)];
  return [
    ...excludedInterfaces.map((name) => ({
      text: `-A ${OUTPUT} -o ${name} -j RETURN`,
      why: `What goes out by ${name} is left alone.`,
    })),
    ...excludedOutboundPorts.map((port) => ({
      text: `-A ${OUTPUT} -p tcp -m tcp --dport ${port} -j RETURN`,
      why: `Connections to port ${port} are made without Envoy.`,
    })),
    {
      text: `-A ${OUTPUT} -s ${INBOUND_SOURCE[family]}/${HOST_BITS[family]} -o lo -j RETURN`,
      why: `What Envoy has let in, and now passes on to the program: it comes from ${INBOUND_SOURCE[family]}. Redirected it would go in circles.`,
    },
    ...owners.map((owner) => ({
      text: `-A ${OUTPUT} -m owner ${owner} -g ${PROXY}`,
      why: "Envoy's own connections are never outbound again.",
    })),
    {
      text: `-A ${OUTPUT} -o lo -j RETURN`,
      why: "A program that calls this machine, by the loopback address or by one of its own, does so without Envoy.",
    },
    ...ofFamily(family, excludedOutboundRanges).map((range) => ({
      text: `-A ${OUTPUT} -d ${range} -j RETURN`,
      why: `Connections to ${range} are made without Envoy.`,
    })),
    ...(outboundRanges === "*"
      ? [{ text: `-A ${OUTPUT} -p tcp ${redirect}`, why: "All others arrive at Envoy's outbound listener." }]
      : ofFamily(family, outboundRanges).map((range) => ({
          text: `-A ${OUTPUT} -d ${range} -p tcp ${redirect}`,
          why: `Connections to ${range} arrive at Envoy's outbound listener.`,
        }))),
  ];
}

function proxyRules(family: Family): readonly Rule[] {
  const loopback = `${LOOPBACK[family]}/${HOST_BITS[family]}`;
  return [
    {
      text: `-A ${PROXY} ! -d ${loopback} -o lo -j ${INBOUND}`,
      why: "A call to a service of which this machine is an instance: Envoy's outbound side calls the inbound one, as it would another machine's.",
    },
  ];
}

function ofFamily(family: Family, ranges: readonly string[]): readonly string[] {
  return ranges.filter((range) => familyOf(range.replace(/\/.*$/, "")) === family);
}
