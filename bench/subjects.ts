import type { Case } from "./cases.js";
import type { Envoy } from "./envoy.js";
import type { LoadRun } from "./load.js";
import type { Subject } from "./measure.js";
import type { SpokenName } from "./protocols.js";
import { CANARY_USER, ORDINARY_USER, type Version } from "./routes.js";

const WARM_UP_MS = 300;

/** The calls of a connection alternate between two clusters, or all go to one. */
export type Mix = "two" | "one";

export interface Setting {
  readonly protocol: SpokenName;
  readonly envoy: Envoy;
  readonly mix: Mix;
  readonly seconds: number;
  readonly echo: boolean;
}

export function subject(name: string, proxy: string, listener: string, shape: Case, setting: Setting): Subject {
  return { case: name, proxy, run: runOf(listener, shape, setting) };
}

export function runOf(listener: string, shape: Case, { protocol, envoy, mix, seconds, echo }: Setting): LoadRun {
  return {
    protocol,
    address: envoy.addresses.get(listener) ?? "",
    connections: shape.connections,
    in_flight: shape.inFlight,
    payload_bytes: shape.payloadBytes,
    echo,
    calls: calls(mix, listener),
    warm_up_ms: WARM_UP_MS,
    measure_ms: seconds * 1000,
    envoy_pid: envoy.pid,
  };
}

/** Where all calls of a connection go that is not routed call by call; in mode `connection` its first is the canary's. */
const CARRIED: Readonly<Record<string, Version>> = { tcp_proxy: "v1", observe: "v1", connection: "v2" };

/** The calls that a connection makes in turn, and who must answer each. */
function calls(mix: Mix, listener: string): { user: string; server: Version }[] {
  const all = CARRIED[listener];
  const canary = { user: CANARY_USER, server: all ?? "v2" } as const;
  return mix === "one" ? [canary] : [canary, { user: ORDINARY_USER, server: all ?? "v1" }];
}
