import type { MethodDefinition } from "@grpc/grpc-js";
import type protobuf from "protobufjs";
import { root } from "../xds/proto.js";

/** Messages of the discovery services, as far as Meltemi reads and writes them, by their fields' own names. */
export interface NodeMessage {
  readonly id: string;
  readonly cluster: string;
  /** A Struct, whose fields protobufjs names in its own way. */
  readonly metadata?: Struct | null;
  readonly user_agent_build_version?: BuildVersion | null;
}

interface Struct {
  readonly fields: Readonly<Record<string, { readonly stringValue?: string; readonly structValue?: Struct | null }>>;
}

export interface BuildVersion {
  readonly version?: {
    readonly major_number: number;
    readonly minor_number: number;
    readonly patch: number;
  } | null;
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
  readonly node?: NodeMessage | null;
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

const ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const ECDS = "envoy.service.extension.v3.ExtensionConfigDiscoveryService";

/** All types over one stream: what an Envoy has whose whole configuration is Meltemi's. */
export const AGGREGATED_DISCOVERY_SERVICE = {
  StreamAggregatedResources: bidirectional<DiscoveryRequest, DiscoveryResponse>(ADS, "StreamAggregatedResources"),
  DeltaAggregatedResources: bidirectional<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(
    ADS,
    "DeltaAggregatedResources",
  ),
};

/** The filters' configurations alone: for Envoys that have all the rest from somebody else, as Istio's sidecars. */
export const EXTENSION_CONFIG_DISCOVERY_SERVICE = {
  StreamExtensionConfigs: bidirectional<DiscoveryRequest, DiscoveryResponse>(ECDS, "StreamExtensionConfigs"),
  DeltaExtensionConfigs: bidirectional<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(ECDS, "DeltaExtensionConfigs"),
};

function bidirectional<Req, Res>(serviceName: string, name: string): MethodDefinition<Req, Res> {
  const service = root.lookupService(serviceName);
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
