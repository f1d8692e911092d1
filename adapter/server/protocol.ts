import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import type protobuf from "protobufjs";
import { root } from "../xds/proto.js";

/** Messages of the aggregated discovery service, as far as Meltemi reads and writes them, by their fields' own names. */
export interface Node {
  readonly id: string;
  readonly cluster: string;
}

interface Status {
  readonly code: number;
  readonly message: string;
}

interface Any {
  readonly type_url: string;
  readonly value: Uint8Array;
}

/** What requests of both variants have. */
export interface Request {
  readonly node?: Node | null;
  readonly type_url: string;
  readonly response_nonce: string;
  readonly error_detail?: Status | null;
}

export interface DiscoveryRequest extends Request {
  readonly version_info: string;
  readonly resource_names: readonly string[];
}

export interface DiscoveryResponse {
  readonly version_info: string;
  readonly resources: readonly Any[];
  readonly type_url: string;
  readonly nonce: string;
}

export interface DeltaDiscoveryRequest extends Request {
  readonly resource_names_subscribe: readonly string[];
  readonly resource_names_unsubscribe: readonly string[];
  readonly initial_resource_versions: Readonly<Record<string, string>>;
}

export interface DeltaDiscoveryResponse {
  readonly system_version_info: string;
  readonly resources: readonly { readonly name: string; readonly version: string; readonly resource: Any }[];
  readonly type_url: string;
  readonly removed_resources: readonly string[];
  readonly nonce: string;
}

export interface AggregatedDiscoveryService extends ServiceDefinition {
  readonly StreamAggregatedResources: MethodDefinition<DiscoveryRequest, DiscoveryResponse>;
  readonly DeltaAggregatedResources: MethodDefinition<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;
}

export const AGGREGATED_DISCOVERY_SERVICE: AggregatedDiscoveryService = {
  StreamAggregatedResources: bidirectional("StreamAggregatedResources"),
  DeltaAggregatedResources: bidirectional("DeltaAggregatedResources"),
};

function bidirectional<Req, Res>(name: string): MethodDefinition<Req, Res> {
  const service = root.lookupService("envoy.service.discovery.v3.AggregatedDiscoveryService");
  const method = service.methods[name] as protobuf.Method;
  method.resolve();
  const request = codec<Req>(method.resolvedRequestType as protobuf.Type);
  const response = codec<Res>(method.resolvedResponseType as protobuf.Type);
  return {
    path: `/${service.fullName.slice(1)}/${name}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}

function codec<T>(type: protobuf.Type) {
  return {
    serialize: (message: T) => Buffer.from(type.encode(message as Record<string, unknown>).finish()),
    deserialize: (bytes: Buffer) => type.decode(bytes) as unknown as T,
  };
}
