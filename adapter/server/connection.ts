import type { EventEmitter } from "node:events";
import type { Snapshot } from "../snapshot/snapshot.js";
import type { ResourceType } from "../xds/resource.js";
import { CodeFetch } from "./code-fetch.js";
import type { Node } from "./node.js";
import type { NodeStatus, Rejection } from "./node-status.js";
import { NodeStream, type NodeStreamEvents } from "./node-stream.js";
import type { Request } from "./protocol.js";
import type { Update, Variant } from "./variant.js";

/** What happens to snapshots on their way. A node is named by its id, a snapshot by its version. */
export interface DiscoveryEvents {
  connected: [node: string];
  disconnected: [node: string];
  pushed: [node: string, type: ResourceType, update: Update];
  acknowledged: [node: string, type: ResourceType, version: string];
  rejected: [node: string, rejection: Rejection, version: string];
  /** The node has all of the snapshot and has accepted it. */
  synchronized: [node: string, version: string];
  /** A stream was ended because the nodes of its namespace have as many as they may. */
  crowded: [namespace: string];
  /** A stream was ended for what its peer did, with this status of gRPC. */
  refused: [peer: string, code: string, reason: string];
}

/** A node on its stream. */
export class Connection<Req extends Request, Res> {
  /** Whether the node has accepted all of the newest snapshot. */
  isUpToDate = false;
  /** What it refuses of the newest one. */
  rejection: Rejection | undefined;
  readonly #connectedAt = new Date();
  readonly #stream: NodeStream<Req, Res>;
  readonly #codeFetch = new CodeFetch();
  #snapshot: Snapshot | undefined;
  /** Version of the last snapshot that was accepted whole; not what the node has now, if it has refused a part of a newer one. */
  #synchronized: string | undefined;
  #lastRejection: NodeStatus["lastRejection"];

  constructor(
    readonly node: Node,
    private readonly events: EventEmitter<DiscoveryEvents>,
    variant: Variant<Req, Res>,
    send: (response: Res) => void,
    only: ResourceType | undefined,
  ) {
    const { id } = node;
    const streamEvents: NodeStreamEvents<Res> = {
      send,
      pushed: (type, update) => events.emit("pushed", id, type, update),
      acknowledged: (type, version) => events.emit("acknowledged", id, type, version),
      rejected: (rejection, version) => this.#reject(rejection, version),
      synchronized: ({ version }) => {
        this.#synchronized = version;
        this.isUpToDate = true;
        events.emit("synchronized", id, version);
      },
    };
    this.#stream = new NodeStream<Req, Res>(variant, streamEvents, only);
  }

  /** Nothing happens where it is the one that it has. */
  setSnapshot(snapshot: Snapshot): void {
    if (snapshot === this.#snapshot) return;
    this.#snapshot = snapshot;
    this.rejection = undefined;
    this.isUpToDate = false;
    this.#stream.setSnapshot(snapshot);
  }

  receive(request: Req): void {
    this.#stream.receive(request);
  }

  status(): NodeStatus {
    return {
      ...this.node,
      connectedAt: this.#connectedAt,
      synchronized: this.#synchronized,
      types: this.#stream.types(),
      refused: this.#stream.refused(),
      lastRejection: this.#lastRejection,
    };
  }

  close(): void {
    this.#codeFetch.stop();
  }

  #reject(rejection: Rejection, version: string): void {
    const { type, resources } = rejection;
    const name = resources[0] ?? "";
    const resource = this.#snapshot?.types[type].resources.get(name);
    if (this.#codeFetch.retry(resource, () => this.#stream.resend(type, name))) return;
    if (version === this.#snapshot?.version) this.rejection = rejection;
    this.#lastRejection = { ...rejection, at: new Date() };
    this.events.emit("rejected", this.node.id, rejection, version);
  }
}
