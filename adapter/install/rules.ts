import { GATEWAY_API_GROUP } from "../resource/gateway-api/references.js";
import { KINDS, MELTEMI_GROUP } from "../resource/kinds.js";

/** What an account may do, as Roles say it. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Of these a status is told. */
const TOLD = [MELTEMI_GROUP, GATEWAY_API_GROUP];

/** Reads all that the adapter knows, and writes the status of Meltemi's own resources and of the Gateway API's. */
export const RESOURCES: readonly Rule[] = [
  ...[...new Set(KINDS.map(({ group }) => group))].map((group) => ({
    apiGroups: [group],
    resources: KINDS.filter((kind) => kind.group === group).map(({ plural }) => plural),
    verbs: ["get", "list", "watch"],
  })),
  ...TOLD.map((group) => ({
    apiGroups: [group],
    resources: KINDS.filter((kind) => kind.group === group && kind.kind !== "ReferenceGrant").map(
      ({ plural }) => `${plural}/status`,
    ),
    verbs: ["patch"],
  })),
];

/** Which of several replicas writes, and how far the Envoys of each are, in the adapter's own namespace. */
export const LEASE: readonly Rule[] = [
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    verbs: ["get", "list", "create", "update", "delete"],
  },
];

/** What Istio's Envoys are told, in Istio's root namespace. To apply is to patch, and to create what there is not. */
export const ENVOY_FILTERS: readonly Rule[] = [
  {
    apiGroups: ["networking.istio.io"],
    resources: ["envoyfilters"],
    verbs: ["list", "create", "patch", "delete"],
  },
];
