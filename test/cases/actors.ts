import type { Connection } from "../emulator/connection.js";
import { EmulatedEnvoy } from "../emulator/envoy.js";
import { DEFAULT_PEER, type PeerOptions } from "../emulator/peer/options.js";
import { Http2Peer } from "../emulator/peer/peer.js";
import type { Connect, Refusal, Tunnel } from "../emulator/peer/tunnel.js";
import { TcpProxy } from "../emulator/tcp-proxy.js";
import { asConfigured } from "../filter/codec/declared.js";
import type { ByteQueue } from "../support/byte-queue.js";
import { messagesOf } from "./messages/messages.js";
import type { ProtocolMessages } from "./messages/protocol-messages.js";

export interface Client {
  connection: Connection;
  /** What stands behind our filter. */
  behind: Http2Peer | TcpProxy;
  /** The case knows that its connection is closed. */
  closed: boolean;
}

/** The cluster of tcp_proxy's own configuration. */
const OWN_CLUSTER = "own";

/** Who stands behind the names of a case: clients, and the clusters at the ends of their tunnels. */
export class Actors {
  readonly envoy = new EmulatedEnvoy();
  readonly clients = new Map<string, Client>();
  /** Clusters whose upstreams do not end what the filter has ended. */
  readonly lingering = new Set<string>();
  /** Which host of a cluster its next tunnels lead to. */
  readonly leads: Record<string, number> = {};
  /** How many hosts are on the ring of a cluster. */
  readonly rings: Record<string, number> = {};
  private readonly connect: Record<string, Connect> = {};
  private readonly rootIds = new Map<string, string>();
  /** Root id of each client's listener. */
  private readonly spoken = new Map<string, string>();
  private peerOptions: Partial<PeerOptions> = {};

  /** `writeBytes`: most bytes of one write of HCM's. */
  constructor(private readonly writeBytes: number) {}

  /** `nodeLabels`: what the node says of its workload. */
  configurePeer({
    readBufferBytes,
    nodeLabels,
    ...options
  }: Partial<PeerOptions> & { readBufferBytes?: number; nodeLabels?: Record<string, string> }): void {
    if (nodeLabels !== undefined) this.envoy.node.labels = nodeLabels;
    if (readBufferBytes !== undefined) this.envoy.readBufferLimit_bytes = readBufferBytes;
    this.peerOptions = { ...this.peerOptions, ...options };
  }

  /** Whether the filter takes it. */
  configure(listener: string, rootId: string, configuration: string): boolean {
    const [protocol = "", mode] = rootId.split("/");
    const { rootId: named, ...program } = asConfigured(protocol);
    const table = "program" in program ? JSON.stringify({ ...program, ...JSON.parse(configuration) }) : configuration;
    const taken = this.envoy.configureWorker(listener, table, mode === undefined ? named : `${named}/${mode}`);
    if (taken || !this.rootIds.has(listener)) this.rootIds.set(listener, rootId);
    return taken;
  }

  isClient(name: string): boolean {
    return name === "client" || this.clients.has(name);
  }

  /** The client of that name, connected now if it is not yet. */
  client(name: string): Client {
    return this.clients.get(name) ?? this.connectClient(name);
  }

  /** To the first listener, unless another one is named; speaks what that is for, unless something else is said. */
  connectClient(name: string, listener = [...this.rootIds.keys()][0] ?? "none", protocol?: string): Client {
    this.spoken.set(name, protocol ?? this.rootIds.get(listener) ?? "");
    const { connect, lingering, leads, rings, writeBytes } = this;
    const options = { ...DEFAULT_PEER, writeBytes, ...this.peerOptions, connect, lingering, leads, rings };
    options.headers = this.writeBytes % 2 === 0 ? "plain" : "incremental";
    const isCarried = this.rootIds.get(listener)?.includes("/");
    let behind: Client["behind"] | undefined;
    const connection = this.envoy.connect(listener, (made) => {
      behind = isCarried ? new TcpProxy(made, OWN_CLUSTER) : new Http2Peer(made, this.envoy.loop, options);
      return behind;
    });
    const client: Client = { connection, behind: behind as Client["behind"], closed: false };
    this.clients.set(name, client);
    return client;
  }

  /** The messages that an actor sends and receives. */
  messages(name: string): ProtocolMessages {
    const client = this.isClient(name) ? name : (/\/(.*)$/.exec(name)?.[1] ?? "client");
    this.client(client);
    return messagesOf(this.spoken.get(client) ?? "");
  }

  /** What CLUSTER, CLUSTER#N or CLUSTER/CLIENT names. */
  upstream(name: string): { client: Client; cluster: string; nth: number } {
    const [, cluster = "", nth = "0", client = "client"] = /^([^#/]*)(?:#(\d+))?(?:\/(.*))?$/.exec(name) ?? [];
    return { client: this.client(client), cluster, nth: Number(nth) };
  }

  tunnel(name: string): Tunnel {
    const { client, cluster, nth } = this.upstream(name);
    return peerOf(client).tunnel(cluster, nth);
  }

  /** What stands behind the name of a cluster sends these bytes. */
  answer(name: string, bytes: Uint8Array): void {
    const { behind } = this.upstream(name).client;
    if (behind instanceof TcpProxy) this.carrier(name).send(bytes);
    else behind.sendBytes(this.tunnel(name), bytes);
  }

  /** The tcp_proxy of CLUSTER or CLUSTER/CLIENT, which must have been sent there. */
  private carrier(name: string): TcpProxy {
    const { client, cluster } = this.upstream(name);
    const { behind } = client;
    if (!(behind instanceof TcpProxy)) throw new Error(`${name} is reached by tunnels`);
    if (behind.cluster !== cluster) throw new Error(`the connection goes to ${behind.cluster}, not to ${cluster}`);
    return behind;
  }

  /** What an actor has received and the case has not looked at. */
  queue(name: string): ByteQueue {
    if (this.isClient(name)) return this.client(name).connection.received;
    const { behind } = this.upstream(name).client;
    return behind instanceof TcpProxy ? this.carrier(name).received : this.tunnel(name).received;
  }

  /** What becomes of the cluster's next tunnels, and of those that wait (`once`: of these alone, the next are accepted). */
  decide(cluster: string, connect: Connect, once = false): void {
    this.connect[cluster] = once ? "accept" : connect;
    if (connect === "wait") return;
    for (const client of this.clients.values()) {
      const peer = peerOf(client);
      for (const tunnel of peer.tunnels) {
        if (tunnel.cluster === cluster && !tunnel.connected && !tunnel.ended) settle(peer, tunnel, connect);
      }
    }
  }

  /** A line on everybody, for a message. */
  describe(): string {
    const clients = [...this.clients].map(([name, { connection, behind }]) => {
      const tunnels =
        behind instanceof TcpProxy
          ? `${behind.cluster} ${behind.received.length} B`
          : behind.tunnels.map((t) => `${t.name}${t.ended ? " ended" : ""} ${t.received.length} B`).join(", ");
      const bytes = `${connection.heldBytes} B held, ${connection.received.length} B received`;
      return `${name}: ${connection.closedBy ?? "open"}, ${bytes}, tunnels ${tunnels || "none"}`;
    });
    return `${clients.join("; ")}; log ${JSON.stringify(this.envoy.log.slice(-3))}`;
  }
}

export function peerOf({ behind }: Client): Http2Peer {
  if (behind instanceof TcpProxy) throw new Error("tcp_proxy stands behind the filter, there are no tunnels");
  return behind;
}

function settle(peer: Http2Peer, tunnel: Tunnel, outcome: "accept" | Refusal): void {
  if (outcome === "accept") peer.accept(tunnel);
  else peer.refuse(tunnel, outcome);
}
