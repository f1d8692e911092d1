import { isIP } from "node:net";
import type { NodeAddress, NodeProfile } from "../model/node-profile.js";
import type { Peer } from "./peer.js";
import type { BuildVersion, NodeMessage } from "./protocol.js";
import { Refusal } from "./refusal.js";

/** A node as the control plane knows it. */
export interface Node extends NodeProfile {
  readonly id: string;
  /** Whose configuration it gets: by its certificate, else as it says itself; undefined where nothing says one. */
  readonly namespace: string | undefined;
  /** It stands at an edge of the mesh, by what its id says. */
  readonly gateway: boolean;
  /** SPIFFE URI of its certificate; undefined where none is asked for. */
  readonly identity: string | undefined;
  readonly address: string;
  /** Envoy's version, as it says. */
  readonly envoy: string | undefined;
}

/** Of one machine: more than any has, less than harms. */
const MAX_ADDRESSES = 256;

interface Identity {
  readonly uri: string;
  readonly namespace: string;
  readonly account: string;
}

/**
 * Takes a node in. Where it has shown a certificate, that says who it is, and what it says of itself must agree: a node cannot ask for
 * another namespace's configuration.
 */
export function identify(said: NodeMessage | null | undefined, peer: Peer): Node {
  if (!said?.id) throw new Refusal("INVALID_ARGUMENT", "the first request of a stream must name its node");
  const { id } = said;
  const namespaces = [metadata(said, "NAMESPACE"), namespaceOfId(id)].filter((name) => name !== undefined);
  const node = {
    id,
    gateway: isGateway(id),
    labels: texts(said, "LABELS"),
    addresses: addressesOf(said),
    captured: metadata(said, "INTERCEPTION_MODE") === "REDIRECT",
    dualStack: dualStackOf(said),
    address: peer.address,
    envoy: envoyVersion(said.user_agent_build_version),
  };
  if (peer.certificate === undefined) return { ...node, namespace: namespaces[0], identity: undefined };

  const { uri, namespace, account } = identityOf(peer.certificate.uris);
  for (const claimed of namespaces) {
    if (claimed !== namespace) {
      throw new Refusal("PERMISSION_DENIED", `node ${id} says namespace ${claimed}, its certificate is ${uri}`);
    }
  }
  const claimed = metadata(said, "SERVICE_ACCOUNT");
  if (claimed !== undefined && claimed !== account) {
    throw new Refusal("PERMISSION_DENIED", `node ${id} says service account ${claimed}, its certificate is ${uri}`);
  }
  return { ...node, namespace, identity: uri };
}

/** The SPIFFE identity of a workload, of which a certificate has one. */
function identityOf(uris: readonly string[]): Identity {
  const [uri, ...others] = uris;
  const [, namespace, account] = uri?.match(/^spiffe:\/\/[a-z0-9._-]+\/ns\/([^/]+)\/sa\/([^/]+)$/) ?? [];
  if (uri === undefined || namespace === undefined || account === undefined || others.length > 0) {
    const found = uris.length === 0 ? "no URI" : uris.join(", ");
    const expected = "spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT";
    throw new Refusal(
      "PERMISSION_DENIED",
      `the client's certificate must have the one URI ${expected}; it has ${found}`,
    );
  }
  return { uri, namespace, account };
}

/** Istio's ids: `sidecar~10.1.2.3~reviews-v1-abc.prod~prod.svc.cluster.local`. A pod's name may have dots, a namespace has none. */
function namespaceOfId(id: string): string | undefined {
  const parts = id.split("~");
  return parts.length === 4 ? parts[2]?.match(/\.([^.]+)$/)?.[1] : undefined;
}

/** Istio's name for them is router; a waypoint carries what others call. */
function isGateway(id: string): boolean {
  const [type, ...others] = id.split("~");
  return others.length === 3 && (type === "router" || type === "waypoint");
}

function metadata({ metadata }: NodeMessage, name: string): string | undefined {
  return metadata?.fields[name]?.stringValue || undefined;
}

/** A map of texts: `LABELS`. */
function texts({ metadata }: NodeMessage, name: string): Readonly<Record<string, string>> {
  const fields = Object.entries(metadata?.fields[name]?.structValue?.fields ?? {});
  return Object.fromEntries(fields.flatMap(([key, { stringValue }]) => (stringValue ? [[key, stringValue]] : [])));
}

/**
 * `INTERFACES` is ours: `eth0=10.0.0.5,eth0=fd00::5,eth1=10.1.0.5`. Istio's `INSTANCE_IPS` has the addresses alone. What is no address is
 * passed over, and so are those that no other machine reaches.
 */
function addressesOf(said: NodeMessage): readonly NodeAddress[] {
  const named = new Map<string, string>();
  for (const one of metadata(said, "INTERFACES")?.split(",") ?? []) {
    const [name = "", ip = ""] = one.trim().split("=");
    if (name !== "") named.set(ip, name);
  }
  const announced =
    metadata(said, "INSTANCE_IPS")
      ?.split(",")
      .map((ip) => ip.trim()) ?? [];
  return [...new Set([...announced, ...named.keys()])]
    .filter((ip) => isIP(ip) !== 0 && !/^(127\.|::1$|fe80:)/i.test(ip))
    .slice(0, MAX_ADDRESSES)
    .map((ip) => ({ ip, interface: named.get(ip) }));
}

/** Istio's agents say `DUAL_STACK` where ISTIO_META_DUAL_STACK is set, or hand on the setting itself. */
function dualStackOf(said: NodeMessage): boolean | undefined {
  const text = (metadata(said, "DUAL_STACK") ?? metadata(said, "ISTIO_DUAL_STACK"))?.toLowerCase();
  return text === "true" ? true : text === "false" ? false : undefined;
}

function envoyVersion(build: BuildVersion | null | undefined): string | undefined {
  const version = build?.version;
  return version ? `${version.major_number}.${version.minor_number}.${version.patch}` : undefined;
}
