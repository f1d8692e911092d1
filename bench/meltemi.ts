import { toFilterConfig } from "../adapter/filter-config/filter-config.js";
import type { OutboundListener } from "../adapter/model/model.js";
import { buildExtensionConfig } from "../adapter/xds/extension-configs.js";
import type { JsonObject } from "../adapter/xds/json.js";
import { buildListener } from "../adapter/xds/listeners.js";
import { buildTunnelRoute } from "../adapter/xds/routes.js";
import { ANY_PORT } from "./bootstrap.js";

/**
 * The listener that the adapter's own code makes for users, with the filter, which would come by ECDS, and the tunnels'
 * route, which would come by RDS, put into it.
 */
export function meltemi(name: string, table: OutboundListener, wasm: string): JsonObject {
  const built = buildListener({ name, addresses: [ANY_PORT], listener: table }).json;
  const filter = { listener: name, protocol: table.protocol, mode: table.mode };
  const code = { kind: "file", path: wasm } as const;
  const { typed_config } = buildExtensionConfig(filter, toFilterConfig(table), code).json;
  const behind = carrierOf(built);
  const carrier = table.mode === "call" ? withRoute(behind) : behind;
  return { ...built, filter_chains: [{ filters: [{ name, typed_config }, carrier] }] };
}

interface Carrier extends JsonObject {
  readonly name: string;
  readonly typed_config: JsonObject;
}

/** What stands behind the filter: the connection manager, or tcp_proxy. */
function carrierOf(listener: JsonObject): Carrier {
  const [chain] = listener.filter_chains as unknown as { filters: Carrier[] }[];
  return chain?.filters.at(-1) as Carrier;
}

function withRoute({ name, typed_config: { rds: _, ...typedConfig } }: Carrier): JsonObject {
  return { name, typed_config: { ...typedConfig, route_config: buildTunnelRoute().json } };
}
