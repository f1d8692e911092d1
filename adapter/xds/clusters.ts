import { clusterName } from "../model/cluster-name.js";
import type { Service, ServicePort, Subset } from "../model/model.js";
import { familySubsets } from "./client-family.js";
import { loadAssignment } from "./endpoints.js";
import { httpSettings, protocolOptions } from "./http/cluster-settings.js";
import type { JsonObject } from "./json.js";
import type { Placement } from "./placement.js";
import { ADS, makeResource, type Resource } from "./resource.js";
import { upstreamTls } from "./tls.js";
import { connections, loadBalancing, outlierDetection, policyOfPort } from "./traffic-policy.js";

/** What goes to a port: tunnels, requests of HTTP, or besides tunnels what Envoy itself asks in gRPC. */
export type Carried = "tunnels" | "grpc" | "http";

/** CDS: the cluster of a service's port, or of one of its subsets. */
export function buildCluster(
  service: Service,
  port: ServicePort,
  subset: Subset | undefined,
  placement: Placement,
  carries: Carried = "tunnels",
): Resource {
  const name = clusterName({ host: service.host, subset: subset?.name, port: port.number });
  const policy = clusterPolicy(service, port, subset);
  return makeResource("CDS", name, {
    name,
    ...discovery(name, service, port, subset, placement),
    ...(carries === "http" ? httpSettings(policy, port, placement) : tunnelSettings(policy, placement)),
    ...familySubsets(placement.ipFamily),
    ...upstreamTls(policy.tls, service.host),
    // Tunnels, which are TCP, do not look at it.
    ...(carries === "grpc" && protocolOptions({ explicit_http_config: { http2_protocol_options: {} } })),
  });
}

function tunnelSettings(policy: ReturnType<typeof clusterPolicy>, placement: Placement): JsonObject {
  return {
    ...loadBalancing(policy.loadBalancer),
    ...connections(policy.connectionPool, placement),
    ...outlierDetection(policy.outlierDetection, placement),
  };
}

/** What holds for the cluster. */
export function clusterPolicy(service: Service, port: ServicePort, subset: Subset | undefined) {
  return policyOfPort(subset?.trafficPolicy ?? service.trafficPolicy, port);
}

/** Addresses that Envoy resolves stand in the cluster; those that are known come by EDS, so that they change on their own. */
function discovery(
  name: string,
  service: Service,
  port: ServicePort,
  subset: Subset | undefined,
  placement: Placement,
): JsonObject {
  if (service.resolution === "STATIC") return { type: "EDS", eds_cluster_config: { eds_config: ADS } };
  return {
    type: "STRICT_DNS",
    dns_lookup_family: lookupFamily(placement),
    respect_dns_ttl: true,
    load_assignment: loadAssignment(name, service, port, subset, placement),
  };
}

/** Each address of a name is a host: those of the node's families, or of the one that is preferred, if the name has any. */
function lookupFamily({ families = [], ipFamily }: Placement): string {
  const [only, ...others] = families;
  if (only !== undefined && others.length === 0) return only === "IPv6" ? "V6_ONLY" : "V4_ONLY";
  switch (ipFamily?.mode) {
    case "prefer-ipv4":
      return "V4_PREFERRED";
    case "prefer-ipv6":
      return "AUTO";
    default:
      return "ALL";
  }
}
