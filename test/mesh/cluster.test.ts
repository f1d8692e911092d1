import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

const READER = `
apiVersion: v1
kind: Namespace
metadata: { name: prod }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: prod }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: prod }
rules: [ { apiGroups: [ "" ], resources: [ configmaps ], verbs: [ get ] } ]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader, namespace: prod }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [ { kind: ServiceAccount, name: reader, namespace: prod } ]
`;

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ranges.test.meltemi.io }
spec:
  group: test.meltemi.io
  names: { kind: Range, listKind: RangeList, plural: ranges, singular: range }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: { from: { type: integer }, to: { type: integer } }
              x-kubernetes-validations: [ { rule: "self.from <= self.to", message: "from is above to" } ]
`;

describe("the Kubernetes API server of the tests", () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await cluster.apply(READER, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "prod" } });
  });

  afterAll(() => cluster.stop());

  it("takes a new kind, has it watched at once, and refuses what its rule refuses", async () => {
    await cluster.applyCrds(CRD);
    const range = (from: number, to: number) => ({
      apiVersion: "test.meltemi.io/v1",
      kind: "Range",
      metadata: { name: "a", namespace: "prod" },
      spec: { from, to },
    });
    expect(await cluster.status("/apis/test.meltemi.io/v1/ranges?watch=1")).toBe(200);
    await cluster.apply(range(1, 2));
    await expect(cluster.apply(range(2, 1))).rejects.toThrow("from is above to");
  });

  it("gives an account the rights that its role says, and no others", async () => {
    const kubeconfig = await cluster.kubeconfigOf("prod", "reader");
    await cluster.kubectl(["get", "configmap", "a", "-n", "prod"], { kubeconfig });
    const denied = await cluster.tryKubectl(["get", "secrets", "-n", "prod"], { kubeconfig });
    expect(denied.stderr).toContain('User "system:serviceaccount:prod:reader" cannot list resource "secrets"');
  });

  it("has its data still when it comes back", async () => {
    await cluster.stopApiServer();
    await expect(cluster.kubectl(["get", "configmap", "a", "-n", "prod"])).rejects.toThrow("refused");
    await cluster.startApiServer();
    expect(await cluster.kubectl(["get", "configmap", "a", "-n", "prod"])).toContain("a ");
  });
});
