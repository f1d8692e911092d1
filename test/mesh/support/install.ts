import { meltemi } from "../../cli/support/meltemi.js";
import type { KubernetesCluster } from "./kubernetes-cluster.js";

/**
 * What `meltemi install` prints for an adapter that runs elsewhere, applied; resolves when the API server takes Meltemi's resources and
 * judges them.
 */
export async function installMeltemi(cluster: KubernetesCluster, ...options: readonly string[]): Promise<void> {
  await cluster.applyCrds((await meltemi("install", "--dry-run", "--no-adapter", ...options)).stdout);
}

/** A VirtualService of prod that all calls to `host` go by. */
export function virtualService(name: string, spec: object): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name, namespace: "prod" },
    spec: { hosts: ["a"], routes: [{ route: [{ destination: { host: "a" } }] }], ...spec },
  };
}
