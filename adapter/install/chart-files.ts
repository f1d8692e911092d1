import { buildAttributesPolicy } from "./attributes-policy.js";
import { buildAuthorizationRules } from "./authorization-rules.js";
import { buildCrds } from "./crds.js";
import { printObject, printObjects } from "./manifests.js";
import { ENVOY_FILTERS, LEASE, RESOURCES } from "./rules.js";

interface Crd {
  readonly metadata: object;
}

/** Without this annotation `helm uninstall` deletes the definitions, and with them everybody's resources. */
const KEEP = { annotations: { "helm.sh/resource-policy": "keep" } };

/** What the Helm chart has of here, by the name of the file: its templates say the rest. */
export function chartFiles(): Readonly<Record<string, string>> {
  const crds = (buildCrds() as readonly Crd[]).map((crd) => ({ ...crd, metadata: { ...crd.metadata, ...KEEP } }));
  return {
    "crds.yaml": printObjects(crds),
    "policy.yaml": printObjects([...buildAttributesPolicy(), ...buildAuthorizationRules()]),
    "rules.yaml": printObject({ resources: RESOURCES, lease: LEASE, envoyFilters: ENVOY_FILTERS }),
  };
}
