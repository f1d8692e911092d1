import { ByteQueue } from "../support/byte-queue.js";
import type { Connection, NextFilter } from "./connection.js";

/**
 * Envoy's tcp_proxy, connected at once: it takes all bytes to one cluster, the one that the filter has put into the filter state
 * when it is first told of the connection, else its own.
 */
export class TcpProxy implements NextFilter {
  /** What the upstream has received. */
  readonly received = new ByteQueue();
  cluster: string | undefined;
  /** The client has ended its side, and the upstream knows. */
  ended = false;
  closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly ownCluster: string,
  ) {}

  onNewConnection(): void {
    this.cluster = this.connection.filterState.get("envoy.tcp_proxy.cluster") ?? this.ownCluster;
  }

  onData(buffer: ByteQueue): void {
    if (this.cluster === undefined) throw new Error("tcp_proxy gets data before it knows of the connection");
    this.received.append(buffer.take());
  }

  onEnd(): void {
    this.ended = true;
  }

  onConnectionClose(): void {
    this.closed = true;
  }

  /** The upstream sends. */
  send(bytes: Uint8Array): void {
    this.connection.write(bytes);
  }
}
