import { KubeConfig } from "@kubernetes/client-node";
import { MeltemiError } from "../error/meltemi-error.js";
import { KubernetesApi } from "./api.js";

/** The API server of a kubeconfig, or of $KUBECONFIG, or of the Pod that we run in. It need not be there yet. */
export function openKubernetes(kubeconfig: string | undefined): KubernetesApi {
  const load = (): KubeConfig => {
    const config = new KubeConfig();
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    return config;
  };
  try {
    load();
  } catch (cause) {
    throw new MeltemiError("USAGE", `the kubeconfig cannot be read: ${(cause as Error).message}`, { cause });
  }
  return new KubernetesApi(load);
}
