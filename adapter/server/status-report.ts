import { RESOURCE_TYPES } from "../xds/resource.js";
import type { NodeStatus } from "./node-status.js";

/** What `/status` tells, and `meltemi status --output json`. */
export interface StatusReport {
  readonly nodes: readonly NodeReport[];
}

export interface NodeReport {
  readonly node: string;
  readonly namespace: string | null;
  readonly identity: string | null;
  readonly address: string;
  /** Its version. */
  readonly envoy: string | null;
  readonly connected_at: string;
  /** Version of the last configuration that it has accepted whole. */
  readonly synchronized: string | null;
  readonly types: readonly { readonly type: string; readonly acknowledged: string | null; readonly newest: string }[];
  readonly refused: readonly { readonly type: string; readonly resource: string; readonly message: string }[];
  readonly last_refusal: {
    readonly at: string;
    readonly type: string;
    readonly resources: readonly string[];
    readonly message: string;
  } | null;
}

/** A row for each stream, in the order of the nodes' ids: Istio's Envoys have one for each filter. */
export function reportNodes(nodes: readonly NodeStatus[]): StatusReport {
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : +a.connectedAt - +b.connectedAt));
  return { nodes: sorted.map(reportNode) };
}

function reportNode({ types, lastRejection, ...node }: NodeStatus): NodeReport {
  return {
    node: node.id,
    namespace: node.namespace ?? null,
    identity: node.identity ?? null,
    address: node.address,
    envoy: node.envoy ?? null,
    connected_at: node.connectedAt.toISOString(),
    synchronized: node.synchronized ?? null,
    types: RESOURCE_TYPES.flatMap((type) => {
      const status = types[type];
      return status === undefined ? [] : [{ type, acknowledged: status.acknowledged ?? null, newest: status.newest }];
    }),
    refused: node.refused.map(({ type, resources, message }) => ({ type, resource: resources.join(", "), message })),
    last_refusal: lastRejection === undefined ? null : { ...lastRejection, at: lastRejection.at.toISOString() },
  };
}
