import { toFilterConfig } from "../filter-config/filter-config.js";
import { inboundPorts } from "../model/inbound-ports.js";
import type { Mesh } from "../model/model.js";
import type { XdsOptions, XdsState } from "../xds/build-resources.js";
import { asDialled } from "../xds/dialled.js";
import { buildExtensionConfig, type WasmCode } from "../xds/extension-configs.js";
import type { Resource } from "../xds/resource.js";
import { type AdapterAddress, type AdapterTls, adapterCluster } from "./adapter-cluster.js";
import type { EnvoyFilter } from "./envoy-filter.js";
import { gatewayListeners } from "./gateways.js";
import { buildInboundConfigs, inbound } from "./inbound.js";
import { gatewayOutbound, outbound, outboundName } from "./outbound.js";

export interface SidecarOptions {
  /** Where the EnvoyFilters are written: those of the mesh's root namespace hold for all of it. */
  readonly namespace: string;
  readonly adapter: AdapterAddress;
  /** Undefined: the adapter speaks without TLS. */
  readonly tls: AdapterTls | undefined;
  readonly code: WasmCode;
}

/**
 * What makes Istio's Envoys carry the mesh's protocols. They change when services come and go or listeners change their mode; routes are
 * not in them.
 */
export function buildEnvoyFilters(
  mesh: Mesh,
  { namespace, adapter, tls, code }: SidecarOptions,
): readonly EnvoyFilter[] {
  const listeners = mesh.listeners.filter(({ virtualHosts }) => virtualHosts.length > 0);
  if (listeners.length === 0) return [];
  return [
    adapterCluster(namespace, adapter, tls),
    ...listeners.flatMap((listener) => outbound(namespace, listener, mesh, code)),
    ...gatewayListeners(mesh.listeners, mesh.gateways).map((listener) => gatewayOutbound(namespace, listener, code)),
    ...inboundPorts(mesh).flatMap((port) => inbound(namespace, port, mesh) ?? []),
  ];
}

/**
 * The filters' configurations, routes included: all that Istio's Envoys get from the adapter itself. A node whose namespace sees none of
 * a listener's virtual hosts has been told to ask for it all the same: it gets a table without routes.
 */
export function buildSidecarResources(
  mesh: Mesh,
  { code, versions, served }: Pick<XdsOptions & XdsState, "code" | "versions"> & { readonly served: Mesh },
): { readonly resources: readonly Resource[]; readonly problems: readonly string[] } {
  const listeners = [...mesh.listeners, ...gatewayListeners(mesh.listeners, served.gateways)];
  const outboundConfigs = listeners.map((listener) => {
    const name = outboundName(listener);
    const config = toFilterConfig(asDialled(listener, mesh.services));
    const filter = { listener: name, protocol: listener.protocol, mode: listener.mode };
    return buildExtensionConfig(filter, { ...config, version: versions.of(name, config) }, code);
  });
  const inboundConfigs = inboundPorts(served).flatMap((port) => buildInboundConfigs(port, served, code, versions));
  return { resources: [...outboundConfigs, ...inboundConfigs], problems: [] };
}
