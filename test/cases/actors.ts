import type { Connection } from "../emulator/connection.js";
import { EmulatedEnvoy } from "../emulator/envoy.js";
import { DEFAULT_PEER, type PeerOptions } from "../emulator/peer/options.js";
import { Http2Peer } from "../emulator/peer/peer.js";
import type { Connect, Refusal, Tunnel } from "../emulator/peer/tunnel.js";
import type { ByteQueue } from "../support/byte-queue.js";

export interface Client {
  connection: Connection;
  peer: Http2Peer;
  /** The case knows that its connection is closed. */
  closed: boolean;
}

/** Who stands behind the names of a case: clients, and the clusters at the ends of their tunnels. */
export class Actors {
  readonly envoy = new EmulatedEnvoy();
  readonly clients = new Map<string, Client>();
  /** Clusters whose upstreams do not end what the filter has ended. */
  readonly lingering = new Set<string>();
  private readonly connect: Record<string, Connect> = {};
  private peerOptions: Partial<PeerOptions> = {};

  /** `writeBytes`: most bytes of one write of HCM's. */
  constructor(private readonly writeBytes: number) {}

  configurePeer({ readBufferBytes, ...options }: Partial<PeerOptions> & { readBufferBytes?: number }): void {
    if (readBufferBytes !== undefined) this.envoy.readBufferLimit_bytes = readBufferBytes;
    this.peerOptions = { ...this.peerOptions, ...options };
  }

  isClient(name: string): boolean {
    return name === "client" || this.clients.has(name);
  }

  /** The client of that name, connected now if it is not yet. */
  client(name: string): Client {
    return this.clients.get(name) ?? this.connectClient(name, "dubbo");
  }

  connectClient(name: string, listener: string): Client {
    const { connect, lingering } = this;
    const options = { ...DEFAULT_PEER, writeBytes: this.writeBytes, ...this.peerOptions, connect, lingering };
    options.headers = this.writeBytes % 2 === 0 ? "plain" : "incremental";
    let peer: Http2Peer | undefined;
    const connection = this.envoy.connect(listener, (made) => {
      peer = new Http2Peer(made, this.envoy.loop, options);
      return peer;
    });
    const client: Client = { connection, peer: peer as unknown as Http2Peer, closed: false };
    this.clients.set(name, client);
    return client;
  }

  /** What CLUSTER, CLUSTER#N or CLUSTER/CLIENT names. */
  upstream(name: string): { client: Client; cluster: string; nth: number } {
    const [, cluster = "", nth = "0", client = "client"] = /^([^#/]*)(?:#(\d+))?(?:\/(.*))?$/.exec(name) ?? [];
    return { client: this.client(client), cluster, nth: Number(nth) };
  }

  tunnel(name: string): Tunnel {
    const { client, cluster, nth } = this.upstream(name);
    return client.peer.tunnel(cluster, nth);
  }

  /** What an actor has received and the case has not looked at. */
  queue(name: string): ByteQueue {
    return this.isClient(name) ? this.client(name).connection.received : this.tunnel(name).received;
  }

  /** What becomes of the cluster's next tunnels, and of those that wait (`once`: of these alone, the next are accepted). */
  decide(cluster: string, connect: Connect, once = false): void {
    this.connect[cluster] = once ? "accept" : connect;
    if (connect === "wait") return;
    for (const { peer } of this.clients.values()) {
      for (const tunnel of peer.tunnels) {
        if (tunnel.cluster === cluster && !tunnel.connected && !tunnel.ended) settle(peer, tunnel, connect);
      }
    }
  }

  /** A line on everybody, for a message. */
  describe(): string {
    const clients = [...this.clients].map(([name, { connection, peer }]) => {
      const tunnels = peer.tunnels.map((t) => `${t.name}${t.ended ? " ended" : ""} ${t.received.length} B`).join(", ");
      const bytes = `${connection.heldBytes} B held, ${connection.received.length} B received`;
      return `${name}: ${connection.closedBy ?? "open"}, ${bytes}, tunnels ${tunnels || "none"}`;
    });
    return `${clients.join("; ")}; log ${JSON.stringify(this.envoy.log.slice(-3))}`;
  }
}

function settle(peer: Http2Peer, tunnel: Tunnel, outcome: "accept" | Refusal): void {
  if (outcome === "accept") peer.accept(tunnel);
  else peer.refuse(tunnel, outcome);
}
