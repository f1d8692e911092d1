import { Counter, Gauge, Registry } from "prom-client";
import type { DiscoveryServer } from "./discovery-server.js";

/** The server's own metrics, for Prometheus. Not by node: there may be a thousand of them. */
export function createMetrics(server: DiscoveryServer): Registry {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ["type"];
  const pushes = new Counter({ name: "meltemi_xds_pushes_total", help: "Responses sent.", labelNames, registers });
  const acks = new Counter({
    name: "meltemi_xds_acks_total",
    help: "Responses accepted by a node.",
    labelNames,
    registers,
  });
  const nacks = new Counter({
    name: "meltemi_xds_nacks_total",
    help: "Responses refused by a node.",
    labelNames,
    registers,
  });
  const refusals = new Counter({
    name: "meltemi_xds_refused_streams_total",
    help: "Streams ended for what their peer did, by the status of gRPC.",
    labelNames: ["code"],
    registers,
  });
  server.events.on("refused", (_peer, code) => refusals.inc({ code }));
  server.events.on("pushed", (_node, type) => pushes.inc({ type }));
  server.events.on("acknowledged", (_node, type) => acks.inc({ type }));
  server.events.on("rejected", (_node, { type }) => nacks.inc({ type }));
  new Gauge({
    name: "meltemi_xds_nodes",
    help: "Nodes connected.",
    registers,
    collect() {
      this.set(server.nodeCount);
    },
  });
  return registry;
}
