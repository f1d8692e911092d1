import { LABELS, NAME, NAMESPACE } from "./options.js";

/** One replica at a time may be taken away on purpose, also where there is but one: a node can always be drained. */
export function buildDisruptionBudget(): object {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
    spec: { maxUnavailable: 1, selector: { matchLabels: LABELS } },
  };
}

/** Replicas stand on different machines, in different zones, where there are any. */
export const SPREAD = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: LABELS },
  // Those of the version that a rollout replaces do not count.
  matchLabelKeys: ["pod-template-hash"],
}));
