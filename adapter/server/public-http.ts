import type { Registry } from "prom-client";
import type { DiscoveryServer } from "./discovery-server.js";
import { type Answers, text } from "./http.js";

/** For whoever reaches the adapter: nothing of what nodes are told. */
export function publicAnswers(server: DiscoveryServer, metrics: Registry, filter: Uint8Array | undefined): Answers {
  return {
    "/healthz": () => text(200, "ok"),
    "/readyz": () => (server.isReady ? text(200, "ok") : text(503, "there is no configuration to serve yet")),
    "/metrics": async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
    ...(filter && { "/meltemi.wasm": () => ({ status: 200, type: "application/wasm", body: filter }) }),
  };
}
