import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sourcesOf } from "../tools/tools.js";
import type { KubernetesCluster } from "./kubernetes-cluster.js";

/** The CustomResourceDefinitions of the Gateway API, of the version that istiod is built with. */
export async function installGatewayApi(cluster: KubernetesCluster): Promise<void> {
  const folder = join(await sourcesOf("istiod", "sigs.k8s.io/gateway-api"), "config/crd/standard");
  const kinds = /_(gatewayclasses|gateways|httproutes|grpcroutes|tcproutes|tlsroutes|referencegrants)\.yaml$/;
  const files = (await readdir(folder)).filter((name) => kinds.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  await cluster.applyCrds(texts.join("\n---\n"));
}

export interface ApiCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

export interface ApiObject {
  readonly metadata: { readonly generation: number; readonly resourceVersion: string };
  readonly status?: {
    readonly conditions?: readonly ApiCondition[];
    readonly addresses?: readonly { readonly type: string; readonly value: string }[];
    readonly listeners?: readonly {
      readonly name: string;
      readonly attachedRoutes: number;
      readonly supportedKinds: readonly { readonly kind: string }[];
      readonly conditions: readonly ApiCondition[];
    }[];
    readonly parents?: readonly {
      readonly parentRef: { readonly name: string; readonly sectionName?: string };
      readonly controllerName: string;
      readonly conditions?: readonly ApiCondition[];
    }[];
  };
}

export async function getObject(
  cluster: KubernetesCluster,
  kind: string,
  name: string,
  namespace = "prod",
): Promise<ApiObject> {
  return JSON.parse(await cluster.kubectl(["get", kind, name, "-n", namespace, "-o", "json"])) as ApiObject;
}

/** `Accepted: True Accepted`, of this generation; those of an older one are "old". */
export function said(conditions: readonly ApiCondition[] = [], generation?: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    conditions.map(({ type, status, reason, message, observedGeneration }) => {
      if (generation !== undefined && observedGeneration !== generation) return [type, "old"];
      return [type, [status, reason, message].filter(Boolean).join(" ")];
    }),
  );
}
