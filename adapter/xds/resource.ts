import { createHash } from "node:crypto";
import { encode, type JsonObject } from "./json.js";

/** The discovery services that Meltemi serves, in the order in which additions go out: what is referred to comes first. */
export const RESOURCE_TYPES = ["CDS", "EDS", "SDS", "ECDS", "LDS", "RDS"] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

const MESSAGES: Readonly<Record<ResourceType, string>> = {
  CDS: "envoy.config.cluster.v3.Cluster",
  EDS: "envoy.config.endpoint.v3.ClusterLoadAssignment",
  SDS: "envoy.extensions.transport_sockets.tls.v3.Secret",
  ECDS: "envoy.config.core.v3.TypedExtensionConfig",
  LDS: "envoy.config.listener.v3.Listener",
  RDS: "envoy.config.route.v3.RouteConfiguration",
};

export function typeUrl(type: ResourceType): string {
  return `type.googleapis.com/${MESSAGES[type]}`;
}

export function resourceTypeOf(url: string): ResourceType | undefined {
  return RESOURCE_TYPES.find((type) => typeUrl(type) === url);
}

/** One resource of xDS, as it is read and as it travels. */
export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
  /** Hash of the bytes: equal content is an equal version, on every replica. */
  readonly version: string;
  readonly json: JsonObject;
  readonly bytes: Uint8Array;
}

export function makeResource(type: ResourceType, name: string, json: JsonObject): Resource {
  const bytes = encode(MESSAGES[type], json);
  return { type, name, version: contentVersion([bytes]), json, bytes };
}

/** 64 bits of SHA-256, enough that two contents of one name do not meet. */
export function contentVersion(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
}

/** ADS over the stream that the node already has. */
export const ADS: JsonObject = { ads: {}, resource_api_version: "V3" };
