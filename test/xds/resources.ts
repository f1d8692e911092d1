import { makeSnapshot, type Snapshot } from "../../adapter/snapshot/snapshot.js";
import { any } from "../../adapter/xds/json.js";
import { makeResource, type Resource } from "../../adapter/xds/resource.js";

/** Small resources: what the protocol does with them does not depend on what is in them. `content` makes versions differ. */
export function cds(name: string, content = "1"): Resource {
  return makeResource("CDS", name, { name, type: "EDS", alt_stat_name: content });
}

export function eds(name: string, port = 1): Resource {
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return makeResource("EDS", name, {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
  });
}

export function ecds(name: string, content = "1"): Resource {
  const typed_config = any("google.protobuf.StringValue", { value: content });
  return makeResource("ECDS", name, { name, typed_config });
}

export function lds(name: string, content = "1"): Resource {
  return makeResource("LDS", name, { name, stat_prefix: content });
}

export function rds(name: string, content = "1"): Resource {
  return makeResource("RDS", name, { name, virtual_hosts: [{ name: content, domains: ["*"] }] });
}

export function snapshotOf(...resources: readonly Resource[]): Snapshot {
  return makeSnapshot(resources);
}
