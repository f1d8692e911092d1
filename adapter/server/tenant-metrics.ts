import { Counter, Gauge, Registry } from "prom-client";
import type { ServedTenant } from "./control-plane.js";
import type { DiscoveryServer } from "./discovery-server.js";
import { NOBODY } from "./tenant-meshes.js";

/** What tenants do and have, for who runs the control plane: not for their nodes, who are not to know of each other. */
export class TenantMetrics {
  readonly registry = new Registry();
  readonly #server: DiscoveryServer;
  readonly #changes: Counter;
  readonly #crowded: Counter;
  #tenants: ReadonlyMap<string, ServedTenant> = new Map();

  constructor(server: DiscoveryServer) {
    const common = { labelNames: ["namespace"], registers: [this.registry] };
    this.#server = server;
    this.#changes = new Counter({
      ...common,
      name: "meltemi_tenant_changes_total",
      help: "Meshes that were made anew, by whose they are.",
    });
    this.#crowded = new Counter({
      ...common,
      name: "meltemi_tenant_refused_streams_total",
      help: "Streams ended because the nodes of their namespace have as many as they may.",
    });
    server.events.on("crowded", (namespace) => this.#crowded.inc({ namespace }));
    this.#gauge(
      "meltemi_tenant_refused_resources",
      "Resources that are more than their namespace may have.",
      (gauge) => {
        for (const [namespace, { refused }] of this.#tenants) gauge.set({ namespace }, refused);
      },
    );
    this.#gauge("meltemi_tenant_nodes", "Nodes connected, by their namespace.", (gauge) => {
      for (const namespace of this.#tenants.keys()) gauge.set({ namespace }, 0);
      for (const { namespace = NOBODY } of this.#server.nodes()) gauge.inc({ namespace });
    });
  }

  /** These are the tenants from now on. */
  update(tenants: ReadonlyMap<string, ServedTenant>): void {
    for (const [namespace, { mesh }] of tenants)
      if (this.#tenants.get(namespace)?.mesh !== mesh) this.#changes.inc({ namespace });
    for (const namespace of this.#tenants.keys()) {
      if (tenants.has(namespace)) continue;
      this.#changes.remove({ namespace });
      this.#crowded.remove({ namespace });
    }
    this.#tenants = new Map(tenants);
  }

  #gauge(name: string, help: string, collect: (gauge: Gauge) => void): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ["namespace"],
      registers: [this.registry],
      collect: () => {
        gauge.reset();
        collect(gauge);
      },
    });
  }
}
