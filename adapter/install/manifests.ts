import { stringify } from "yaml";
import { buildAttributesPolicy } from "./attributes-policy.js";
import { buildAuthorizationRules } from "./authorization-rules.js";
import { buildDisruptionBudget } from "./availability.js";
import { buildCrds } from "./crds.js";
import { buildDeployment } from "./deployment.js";
import { buildNetworkPolicy } from "./network-policy.js";
import { type InstallOptions, NAMESPACE } from "./options.js";
import { buildRbac } from "./rbac.js";
import { buildService } from "./service.js";

/** As YAML: all that a cluster needs before it can hold Meltemi's resources, the account that the adapter runs as, and the adapter. */
export function printManifests(options: InstallOptions): string {
  const { adapter } = options;
  return printObjects([
    ...buildCrds(),
    ...buildAttributesPolicy(),
    ...buildAuthorizationRules(),
    buildNamespace(),
    ...buildRbac(options),
    ...(adapter === undefined
      ? []
      : [buildDeployment(options, adapter), buildService(), buildDisruptionBudget(), buildNetworkPolicy()]),
  ]);
}

export function printObjects(objects: readonly object[]): string {
  return objects.map(printObject).join("---\n");
}

export function printObject(object: object): string {
  return stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 });
}

function buildNamespace(): object {
  // Nothing but what the adapter's Pods are content with runs here.
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels } };
}
