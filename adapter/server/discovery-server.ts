import { EventEmitter } from "node:events";
import { Server, ServerCredentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import type { ResourceType } from "../xds/resource.js";
import { CodeFetch } from "./code-fetch.js";
import { DELTA } from "./delta.js";
import { NodeStream, type Rejection } from "./node-stream.js";
import { AGGREGATED_DISCOVERY_SERVICE, type Request } from "./protocol.js";
import { STATE_OF_THE_WORLD } from "./sotw.js";
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
}

export interface NodeStatus {
  readonly node: string;
  /** Version of the last snapshot that the node has accepted whole. */
  readonly synchronized: string | undefined;
  /** What the node refuses of the newest one. */
  readonly rejection: Rejection | undefined;
}

interface Connection {
  readonly node: string;
  readonly setSnapshot: (snapshot: Snapshot) => void;
  /** Version of the last snapshot that was accepted whole; not what the node has now, if it has refused a part of a newer one. */
  synchronized: string | undefined;
  isUpToDate: boolean;
  rejection: Rejection | undefined;
}

/** Where to listen. Port 0: any that is free. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** A node that comes back names a version for each resource: 100,000 of them, 100 bytes each, and room. */
const MAX_REQUEST_BYTES = 16 << 20;
/** How soon a node that vanished without a word is noticed. */
const KEEPALIVE_MS = 30_000;
/** How long the nodes have to close their connections at the end. */
const DRAIN_MS = 1_000;

/** The aggregated discovery service over gRPC, in both variants. */
export class DiscoveryServer {
  readonly events = new EventEmitter<DiscoveryEvents>();
  readonly #grpc = new Server({
    "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
  });
  readonly #calls = new Set<{ end(): void }>();
  readonly #connections = new Set<Connection>();
  #snapshot: Snapshot | undefined;

  constructor() {
    this.#grpc.addService(AGGREGATED_DISCOVERY_SERVICE, {
      StreamAggregatedResources: this.#handler(STATE_OF_THE_WORLD),
      DeltaAggregatedResources: this.#handler(DELTA),
    });
  }

  /** Returns the port. */
  async listen({ address, port }: ListenAddress): Promise<number> {
    const target = `${address.includes(":") ? `[${address}]` : address}:${port}`;
    return await new Promise((resolve, reject) => {
      this.#grpc.bindAsync(target, ServerCredentials.createInsecure(), (cause, bound) => {
        if (cause === null) resolve(bound);
        else
          reject(new MeltemiError("CANNOT_LISTEN", `xDS cannot be served on ${target}: ${cause.message}`, { cause }));
      });
    });
  }

  /** What a node is to have: as yet the same for all. Nodes that come before the first snapshot wait for it. */
  snapshotFor(_node: string): Snapshot | undefined {
    return this.#snapshot;
  }

  setSnapshot(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const connection of this.#connections) {
      connection.rejection = undefined;
      connection.isUpToDate = false;
      connection.setSnapshot(snapshot);
    }
  }

  nodes(): readonly NodeStatus[] {
    return [...this.#connections].map(({ node, synchronized, rejection }) => ({ node, synchronized, rejection }));
  }

  /** Resolves when there are nodes and all have accepted all of the newest snapshot; fails when one refuses a part of it. */
  synchronized(): Promise<void> {
    return new Promise((resolve, reject) => {
      const changes = ["synchronized", "rejected", "disconnected"] as const;
      const check = (): void => {
        const outcome = this.#outcome();
        if (outcome === "pending") return;
        for (const change of changes) this.events.off(change, check);
        if (outcome === "synchronized") resolve();
        else reject(outcome);
      };
      for (const change of changes) this.events.on(change, check);
      check();
    });
  }

  #outcome(): "pending" | "synchronized" | MeltemiError {
    const connections = [...this.#connections];
    for (const { node, rejection } of connections) {
      if (rejection === undefined) continue;
      const what = `${rejection.type} ${rejection.resources.join(", ")}`;
      return new MeltemiError("ENVOY_FAILED", `node ${node} refuses ${what}: ${rejection.message}`);
    }
    const isDone = connections.length > 0 && connections.every(({ isUpToDate }) => isUpToDate);
    return isDone ? "synchronized" : "pending";
  }

  /** Ends all streams in order, so that nodes go on with what they have, and stops listening. */
  async close(): Promise<void> {
    for (const call of this.#calls) call.end();
    const limit = setTimeout(() => this.#grpc.forceShutdown(), DRAIN_MS);
    await new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    clearTimeout(limit);
  }

  #handler<Req extends Request, Res>(variant: Variant<Req, Res>) {
    return (call: ServerDuplexStream<Req, Res>): void => {
      this.#calls.add(call);
      let receive = (first: Req): void => {
        const id = first.node?.id;
        if (!id) {
          const details = "the first request of a stream must name its node";
          call.emit("error", { code: status.INVALID_ARGUMENT, details });
          return;
        }
        receive = this.#connect(id, variant, call);
        receive(first);
      };
      call.on("data", (request: Req) => receive(request));
      call.on("end", () => call.end());
      // The stream is over; "close" follows.
      call.on("error", () => undefined);
      call.once("close", () => this.#calls.delete(call));
    };
  }

  /** Takes a node in; returns what takes its requests. */
  #connect<Req extends Request, Res>(
    node: string,
    variant: Variant<Req, Res>,
    call: ServerDuplexStream<Req, Res>,
  ): (request: Req) => void {
    const codeFetch = new CodeFetch();
    const stream = new NodeStream<Req, Res>(variant, {
      send: (response) => void call.write(response),
      pushed: (type, update) => this.events.emit("pushed", node, type, update),
      acknowledged: (type, version) => this.events.emit("acknowledged", node, type, version),
      rejected: (rejection, version) => {
        const { type, resources } = rejection;
        const name = resources[0] ?? "";
        const resource = this.snapshotFor(node)?.types[type].resources.get(name);
        if (codeFetch.retry(resource, () => stream.resend(type, name))) return;
        if (version === this.snapshotFor(node)?.version) connection.rejection = rejection;
        this.events.emit("rejected", node, rejection, version);
      },
      synchronized: ({ version }) => {
        connection.synchronized = version;
        connection.isUpToDate = true;
        this.events.emit("synchronized", node, version);
      },
    });
    const connection: Connection = {
      node,
      setSnapshot: (snapshot) => stream.setSnapshot(snapshot),
      synchronized: undefined,
      isUpToDate: false,
      rejection: undefined,
    };
    this.#connections.add(connection);
    call.once("close", () => {
      codeFetch.stop();
      this.#connections.delete(connection);
      this.events.emit("disconnected", node);
    });
    this.events.emit("connected", node);
    const snapshot = this.snapshotFor(node);
    if (snapshot !== undefined) stream.setSnapshot(snapshot);
    return (request) => stream.receive(request);
  }
}
