import { EventEmitter } from "node:events";
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  ServerInterceptingCall,
  type ServerInterceptor,
  status,
} from "@grpc/grpc-js";
import { MeltemiError } from "../error/meltemi-error.js";
import type { NodeProfile } from "../model/node-profile.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { formatAddress } from "../xds/address.js";
import type { ResourceType } from "../xds/resource.js";
import { Connection, type DiscoveryEvents } from "./connection.js";
import type { FileCredentials } from "./credentials.js";
import { DELTA } from "./delta.js";
import { IDLE_CONNECTION_MS, MAX_REQUEST_BYTES } from "./limits.js";
import { identify } from "./node.js";
import type { NodeStatus } from "./node-status.js";
import { type Peer, peerName, peerOf } from "./peer.js";
import { AGGREGATED_DISCOVERY_SERVICE, EXTENSION_CONFIG_DISCOVERY_SERVICE, type Request } from "./protocol.js";
import { Refusal } from "./refusal.js";
import { STATE_OF_THE_WORLD } from "./sotw.js";
import { Quota, StreamQuota } from "./stream-quota.js";
import type { Variant } from "./variant.js";

/** Where to listen. Port 0: any that is free. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** What nodes are to have. */
export type SnapshotFor = (node: NodeProfile) => Snapshot;

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
    "grpc.max_connection_idle_ms": IDLE_CONNECTION_MS,
    interceptors: [reporting((peer, code, reason) => this.events.emit("refused", peer, code, reason))],
  });
  readonly #quota = new StreamQuota();
  readonly #byNamespace: Quota;
  readonly #calls = new Set<{ end(): void }>();
  readonly #connections = new Set<AnyConnection>();
  #credentials: FileCredentials | undefined;
  #snapshots: SnapshotFor | undefined;

  /** How many streams the nodes of one namespace may have. Default: as many as there are. */
  constructor(maxStreamsPerNamespace = Number.POSITIVE_INFINITY) {
    this.#byNamespace = new Quota(maxStreamsPerNamespace);
    this.#grpc.addService(AGGREGATED_DISCOVERY_SERVICE, {
      StreamAggregatedResources: this.#handler(STATE_OF_THE_WORLD),
      DeltaAggregatedResources: this.#handler(DELTA),
    });
    this.#grpc.addService(EXTENSION_CONFIG_DISCOVERY_SERVICE, {
      StreamExtensionConfigs: this.#handler(STATE_OF_THE_WORLD, "ECDS"),
      DeltaExtensionConfigs: this.#handler(DELTA, "ECDS"),
    });
  }

  /** Returns the port. */
  async listen({ address, port }: ListenAddress, credentials?: FileCredentials): Promise<number> {
    this.#credentials = credentials;
    const target = formatAddress({ ip: address, port });
    return await new Promise((resolve, reject) => {
      this.#grpc.bindAsync(target, credentials ?? ServerCredentials.createInsecure(), (cause, bound) => {
        if (cause === null) resolve(bound);
        else
          reject(new MeltemiError("CANNOT_LISTEN", `xDS cannot be served on ${target}: ${cause.message}`, { cause }));
      });
    });
  }

  /** What a node is to have. Nodes that come before the first snapshot wait for it. */
  snapshotFor(node: NodeProfile): Snapshot | undefined {
    return this.#snapshots?.(node);
  }

  /** Whether there is something to serve. */
  get isReady(): boolean {
    return this.#snapshots !== undefined;
  }

  /** The same for all. */
  setSnapshot(snapshot: Snapshot): void {
    this.setSnapshots(() => snapshot);
  }

  /** `concerns`: for which nodes something may have changed. Default: for all. */
  setSnapshots(snapshots: SnapshotFor, concerns: (node: NodeProfile) => boolean = () => true): void {
    const isFirst = this.#snapshots === undefined;
    this.#snapshots = snapshots;
    for (const connection of this.#connections)
      if (isFirst || concerns(connection.node)) connection.setSnapshot(snapshots(connection.node));
  }

  nodes(): readonly NodeStatus[] {
    return [...this.#connections].map((connection) => connection.status());
  }

  get nodeCount(): number {
    return this.#connections.size;
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
      return new MeltemiError("ENVOY_FAILED", `node ${node.id} refuses ${what}: ${rejection.message}`);
    }
    const isDone = connections.length > 0 && connections.every(({ isUpToDate }) => isUpToDate);
    return isDone ? "synchronized" : "pending";
  }

  /** Ends all streams in order, so that nodes go on with what they have, and stops listening. */
  async close(): Promise<void> {
    this.#credentials?.stop();
    for (const call of this.#calls) call.end();
    const limit = setTimeout(() => this.#grpc.forceShutdown(), DRAIN_MS);
    await new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    clearTimeout(limit);
  }

  /** `only`: the one type that the service speaks of. */
  #handler<Req extends Request, Res>(variant: Variant<Req, Res>, only?: ResourceType) {
    return (call: ServerDuplexStream<Req, Res>): void => {
      const peer = peerOf(call);
      let receive = (first: Req): void => {
        const send = (response: Res): void => void call.write(response);
        const node = identify(first.node, peer);
        this.#admitTo(node.namespace, call);
        const connection = new Connection(node, this.events, variant, send, only);
        this.#take(connection, call);
        receive = (request) => connection.receive(request);
        receive(first);
      };
      const attempt = (what: () => void): void => {
        try {
          what();
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          receive = () => undefined;
          call.emit("error", { code: status[error.code], details: error.message });
        }
      };
      // The stream is over; "close" follows.
      call.on("error", () => undefined);
      call.on("data", (request: Req) => attempt(() => receive(request)));
      call.on("end", () => call.end());
      attempt(() => this.#admit(peer, call));
    };
  }

  #admit(peer: Peer, call: AnyCall): void {
    const name = peerName(peer);
    this.#quota.take(name);
    this.#calls.add(call);
    call.once("close", () => {
      this.#quota.giveBack(name);
      this.#calls.delete(call);
    });
  }

  #admitTo(namespace: string | undefined, call: AnyCall): void {
    if (namespace === undefined) return;
    try {
      this.#byNamespace.take(namespace, `the namespace ${namespace}`);
    } catch (refusal) {
      this.events.emit("crowded", namespace);
      throw refusal;
    }
    call.once("close", () => this.#byNamespace.giveBack(namespace));
  }

  #take(connection: AnyConnection, call: AnyCall): void {
    const { node } = connection;
    this.#connections.add(connection);
    call.once("close", () => {
      connection.close();
      this.#connections.delete(connection);
      this.events.emit("disconnected", node.id);
    });
    this.events.emit("connected", node.id);
    const snapshot = this.snapshotFor(node);
    if (snapshot !== undefined) connection.setSnapshot(snapshot);
  }
}

type AnyCall = Pick<ServerDuplexStream<unknown, unknown>, "end" | "once">;
type AnyConnection = Omit<Connection<Request, unknown>, "receive">;

/** Tells of streams that end with an error, also where it is gRPC itself that ends them: a request is too long. */
function reporting(report: (peer: string, code: string, reason: string) => void): ServerInterceptor {
  return (_method, call) => {
    const sendStatus = call.sendStatus.bind(call);
    // gRPC's own refusals come to the innermost call alone, not to an interceptor around it.
    call.sendStatus = (ending) => {
      if (ending.code !== status.OK) report(call.getPeer(), status[ending.code] ?? "", ending.details ?? "");
      sendStatus(ending);
    };
    return new ServerInterceptingCall(call);
  };
}
