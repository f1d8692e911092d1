import { type InstallOptions, NAME, NAMESPACE } from "./options.js";
import { ENVOY_FILTERS, LEASE, RESOURCES, type Rule } from "./rules.js";

const API = { apiVersion: "rbac.authorization.k8s.io/v1" };
const API_GROUP = "rbac.authorization.k8s.io";
const ACCOUNT = { name: NAME, namespace: NAMESPACE };
const SUBJECTS = [{ kind: "ServiceAccount", ...ACCOUNT }];

/** The account that the adapter runs as, with no more rights than it uses. */
export function buildRbac({ istioNamespace, namespaces }: InstallOptions): readonly object[] {
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: ACCOUNT },
    { ...API, kind: "ClusterRole", metadata: { name: NAME }, rules: RESOURCES },
    ...(namespaces.length === 0
      ? [binding("ClusterRoleBinding", { name: NAME }, "ClusterRole", NAME)]
      : namespaces.map((namespace) =>
          binding("RoleBinding", { name: `${NAME}-resources`, namespace }, "ClusterRole", NAME),
        )),
    ...inNamespace(NAMESPACE, NAME, LEASE),
    ...(istioNamespace === undefined ? [] : inNamespace(istioNamespace, `${NAME}-istio`, ENVOY_FILTERS)),
  ];
}

function inNamespace(namespace: string, name: string, rules: readonly Rule[]): readonly object[] {
  const metadata = { name, namespace };
  return [{ ...API, kind: "Role", metadata, rules }, binding("RoleBinding", metadata, "Role", name)];
}

function binding(kind: string, metadata: object, roleKind: string, role: string): object {
  return { ...API, kind, metadata, roleRef: { apiGroup: API_GROUP, kind: roleKind, name: role }, subjects: SUBJECTS };
}
