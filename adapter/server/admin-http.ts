import type { Registry } from "prom-client";
import { PLAIN_NODE } from "../model/node-profile.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { RESOURCE_TYPES } from "../xds/resource.js";
import type { DiscoveryServer } from "./discovery-server.js";
import { type Answer, type Answers, text } from "./http.js";
import { reportNodes } from "./status-report.js";

/** For people who may see all that nodes are told: addresses, routes, paths of keys. */
export function adminAnswers(server: DiscoveryServer, tenants: Registry | undefined): Answers {
  return {
    "/status": (parameters) => {
      const namespace = parameters.get("namespace");
      const nodes = server.nodes();
      return json(reportNodes(namespace === null ? nodes : nodes.filter((node) => node.namespace === namespace)));
    },
    ...(tenants && {
      "/metrics": async () => ({ status: 200, type: tenants.contentType, body: await tenants.metrics() }),
    }),
    "/debug/snapshot": (parameters) => {
      const id = parameters.get("node");
      const node = server.nodes().find((one) => one.id === id);
      const snapshot = server.snapshotFor(
        node ?? { ...PLAIN_NODE, namespace: parameters.get("namespace") ?? undefined },
      );
      return snapshot === undefined ? text(503, "there is no configuration to serve yet") : json(describe(snapshot));
    },
  };
}

function describe(snapshot: Snapshot): object {
  const types = RESOURCE_TYPES.map((type) => {
    const { version, resources } = snapshot.types[type];
    return [type, { version, resources: [...resources.values()].map(({ version, json }) => ({ version, ...json })) }];
  });
  return { version: snapshot.version, ...Object.fromEntries(types) };
}

/** Code stands as its length. */
function json(value: object): Answer {
  // A Buffer has become an object by the time a replacer gets it; what it was stands in its holder.
  function readable(this: Record<string, unknown>, key: string, field: unknown): unknown {
    const original = this[key];
    return original instanceof Uint8Array ? `${original.length} bytes` : field;
  }
  return { status: 200, type: "application/json", body: `${JSON.stringify(value, readable, 2)}\n` };
}
