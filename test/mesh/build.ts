import { buildJava } from "../interop/build.js";
import { build } from "./tools/tools.js";

/** Vitest's global setup: the infrastructure that the tests run against, and the programs that run in Pods. */
export default async function setup(): Promise<void> {
  await buildJava();
  await build(["etcd", "kube-apiserver", "kubectl", "istiod", "helm"]);
}
