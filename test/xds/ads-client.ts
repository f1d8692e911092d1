import { once } from "node:events";
import { type ChannelCredentials, type ClientDuplexStream, credentials, makeClientConstructor } from "@grpc/grpc-js";
import {
  AGGREGATED_DISCOVERY_SERVICE,
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
} from "../../adapter/server/protocol.js";
import { type ResourceType, resourceTypeOf, typeUrl } from "../../adapter/xds/resource.js";

const Client = makeClientConstructor(AGGREGATED_DISCOVERY_SERVICE, "AggregatedDiscoveryService");

interface Response {
  readonly type_url: string;
  readonly nonce: string;
}

/** One stream of a node over real gRPC that answers nothing by itself. */
class AdsClient<Req, Res extends Response> {
  readonly #client;
  readonly #call: ClientDuplexStream<Req, Res>;
  readonly #responses: Res[] = [];
  readonly #waiting: ((response: Res) => void)[] = [];
  readonly ended: Promise<string>;
  #node: object | undefined = { id: "test-node", cluster: "test" };

  constructor(port: number, method: keyof typeof AGGREGATED_DISCOVERY_SERVICE, security?: ChannelCredentials) {
    const name = { "grpc.ssl_target_name_override": "adapter.example", "grpc.default_authority": "adapter.example" };
    this.#client = new Client(`127.0.0.1:${port}`, security ?? credentials.createInsecure(), security && name);
    const open = this.#client[method] as unknown as () => ClientDuplexStream<Req, Res>;
    this.#call = open.call(this.#client);
    this.#call.on("data", (response: Res) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#responses.push(response);
      else waiting(response);
    });
    this.ended = new Promise((resolve) => {
      this.#call.on("error", (error) => resolve(error.message));
      this.#call.on("end", () => resolve("end"));
    });
  }

  send(request: Partial<Req>): void {
    // Envoy, too, names its node in the first request only.
    this.#call.write({ ...(this.#node !== undefined && { node: this.#node }), ...request } as Req);
    this.#node = undefined;
  }

  /** Of the first request. */
  withNode(node: object | undefined): this {
    this.#node = node;
    return this;
  }

  /** The next response, which is to be of this type. */
  async next(type: ResourceType): Promise<Res> {
    const response = this.#responses.shift() ?? (await new Promise<Res>((resolve) => this.#waiting.push(resolve)));
    const actual = resourceTypeOf(response.type_url);
    if (actual !== type) throw new Error(`expected a response of ${type}, got ${actual}`);
    return response;
  }

  /** What has come and was not asked for. */
  get unread(): readonly (ResourceType | undefined)[] {
    return this.#responses.map((response) => resourceTypeOf(response.type_url));
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}

export class SotwClient extends AdsClient<DiscoveryRequest, DiscoveryResponse> {
  readonly #names = new Map<string, readonly string[]>();
  readonly #nonces = new Map<string, string>();
  readonly #versions = new Map<string, string>();

  constructor(port: number, security?: ChannelCredentials) {
    super(port, "StreamAggregatedResources", security);
  }

  subscribe(type: ResourceType, names: readonly string[] = [], version_info = ""): void {
    const type_url = typeUrl(type);
    this.#names.set(type_url, names);
    const response_nonce = this.#nonces.get(type_url) ?? "";
    const version = this.#versions.get(type_url) ?? version_info;
    this.send({ type_url, resource_names: names, version_info: version, response_nonce });
  }

  ack({ type_url, nonce, version_info }: DiscoveryResponse): void {
    this.#nonces.set(type_url, nonce);
    this.#versions.set(type_url, version_info);
    const resource_names = this.#names.get(type_url) ?? [];
    this.send({ type_url, resource_names, version_info, response_nonce: nonce });
  }

  nack({ type_url, nonce }: DiscoveryResponse, message: string): void {
    this.#nonces.set(type_url, nonce);
    const version_info = this.#versions.get(type_url) ?? "";
    const resource_names = this.#names.get(type_url) ?? [];
    const error_detail = { code: 13, message };
    this.send({ type_url, resource_names, version_info, response_nonce: nonce, error_detail });
  }
}

export class DeltaClient extends AdsClient<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  constructor(port: number, security?: ChannelCredentials) {
    super(port, "DeltaAggregatedResources", security);
  }

  subscribe(type: ResourceType, names: readonly string[] = [], versions: Readonly<Record<string, string>> = {}): void {
    this.send({ type_url: typeUrl(type), resource_names_subscribe: names, initial_resource_versions: versions });
  }

  unsubscribe(type: ResourceType, names: readonly string[]): void {
    this.send({ type_url: typeUrl(type), resource_names_unsubscribe: names });
  }

  ack({ type_url, nonce }: Response): void {
    this.send({ type_url, response_nonce: nonce });
  }

  nack({ type_url, nonce }: Response, message: string): void {
    this.send({ type_url, response_nonce: nonce, error_detail: { code: 13, message } });
  }
}

/** Streams of one client, each with a node that asks for an endpoint. */
export function openStreams(port: number, count: number) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const open = client.DeltaAggregatedResources as unknown as () => ClientDuplexStream<object, object>;
  const calls = Array.from({ length: count }, (_, i) => {
    const call = open.call(client).on("error", () => undefined);
    call.write({ node: { id: `node-${i}` }, type_url: typeUrl("EDS"), resource_names_subscribe: ["a"] });
    return call;
  });
  return {
    opened: Promise.all(calls.map((call) => once(call, "data"))),
    endOne: () => calls.pop()?.cancel(),
    close: () => client.close(),
  };
}
