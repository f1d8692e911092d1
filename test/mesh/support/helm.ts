import { runToEnd } from "../../cli/support/meltemi.js";
import { programPath } from "../tools/tools.js";
import type { KubernetesCluster } from "./kubernetes-cluster.js";

export const CHART = "envoy-config/helm/meltemi";

/** Runs Helm, as the admin of a cluster where it takes one; fails with what it says. */
export async function helm(args: readonly string[], cluster?: KubernetesCluster): Promise<string> {
  const { status, stdout, stderr } = await tryHelm(args, cluster);
  if (status !== 0) throw new Error(`helm ${args.join(" ")} failed with status ${status}:\n${stdout}${stderr}`);
  return stdout;
}

export async function tryHelm(args: readonly string[], cluster?: KubernetesCluster) {
  const env = { ...process.env, ...(cluster && { KUBECONFIG: cluster.kubeconfig, HOME: cluster.directory }) };
  return await runToEnd(programPath("helm"), args, env);
}

/** What the chart comes to, as the release `meltemi` in the namespace of `meltemi install`. */
export async function helmTemplate(...values: readonly string[]): Promise<string> {
  return await helm(["template", "meltemi", CHART, "--namespace", "meltemi-system", ...values]);
}
