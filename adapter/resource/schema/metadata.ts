import { anything, closedMap, type JsonSchema, labels } from "./json-schema.js";

const name: JsonSchema = {
  type: "string",
  maxLength: 253,
  pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
  "x-meltemi-expects": "lower-case letters, digits, `-` and `.`, as Kubernetes' names",
};

/** Kubernetes' ObjectMeta: what a server adds is accepted, so that what `kubectl get` prints can be read. */
const metadata = closedMap(
  {
    name,
    namespace: name,
    labels,
    annotations: labels,
    creationTimestamp: anything,
    deletionGracePeriodSeconds: anything,
    deletionTimestamp: anything,
    finalizers: anything,
    generateName: anything,
    generation: anything,
    managedFields: anything,
    ownerReferences: anything,
    resourceVersion: anything,
    selfLink: anything,
    uid: anything,
  },
  ["name"],
);

/** A whole resource with this spec, and what it is for. */
export function resourceSchema(spec: JsonSchema, description = ""): JsonSchema {
  return {
    ...closedMap({ apiVersion: { type: "string" }, kind: { type: "string" }, metadata, spec, status: anything }, [
      "apiVersion",
      "kind",
      "metadata",
      "spec",
    ]),
    description,
  };
}
