import type { OutboundListener } from "../adapter/model/model.js";
import type { JsonObject } from "../adapter/xds/json.js";
import { dubboProxy, redisProxy, thriftProxy } from "./envoys-own.js";
import { type RouteBy, redisTable, routeTable, thriftTable } from "./routes.js";

/** What the calls are in. */
export interface Spoken {
  /** Of which tables can be made. */
  table(routes: number, by: RouteBy): OutboundListener;
  /** Envoy's own proxy of the protocol, by its name. */
  readonly own: OwnProxy;
  listener(table: OutboundListener): JsonObject;
}

export const OWN_PROXIES = ["dubbo_proxy", "redis_proxy", "thrift_proxy"] as const;
export type OwnProxy = (typeof OWN_PROXIES)[number];

/** By the names that bench/load/protocol.go has for them. */
export const SPOKEN = {
  dubbo: { table: routeTable, own: "dubbo_proxy", listener: (table) => dubboProxy("dubbo_proxy", table) },
  redis: { table: redisTable, own: "redis_proxy", listener: (table) => redisProxy("redis_proxy", table) },
  "thrift-binary": thrift("BINARY"),
  "thrift-compact": thrift("COMPACT"),
} as const satisfies Readonly<Record<string, Spoken>>;

export type SpokenName = keyof typeof SPOKEN;
export const SPOKEN_NAMES = Object.keys(SPOKEN) as SpokenName[];

function thrift(protocol: "BINARY" | "COMPACT") {
  return {
    table: thriftTable,
    own: "thrift_proxy",
    listener: (table: OutboundListener) => thriftProxy("thrift_proxy", table, protocol),
  } as const;
}
