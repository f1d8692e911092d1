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
  return { ...built, filter_chains: [{ filters: [{ name, typed_config }, withRoute(tunnelOf(built))] }] };
}

interface Tunnel {
  readonly name: string;
  readonly typed_config: JsonObject;
}

/** The last filter of the chain. */
function tunnelOf(listener: JsonObject): Tunnel {
  const [chain] = listener.filter_chains as unknown as { filters: Tunnel[] }[];
  return chain?.filters.at(-1) as Tunnel;
}

function withRoute({ name, typed_config: { rds: _, ...typedConfig } }: Tunnel): JsonObject {
  return { name, typed_config: { ...typedConfig, route_config: buildTunnelRoute().json } };
}
