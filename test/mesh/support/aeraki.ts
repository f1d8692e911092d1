export const GROUP = "metaprotocol.aeraki.io";

function crd(kind: string, plural: string, scope: string): object {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = { openAPIV3Schema: { type: "object", properties: { spec: open } } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope,
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: "v1alpha1", served: true, storage: true, schema }],
    },
  };
}

/** Its definitions, as far as an API server needs them. */
export const AERAKI_CRDS = [
  crd("MetaRouter", "metarouters", "Namespaced"),
  crd("ApplicationProtocol", "applicationprotocols", "Cluster"),
]
  .map((one) => JSON.stringify(one))
  .join("\n---\n");
