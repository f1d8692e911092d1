import { MELTEMI_GROUP } from "../resource/kinds.js";

interface Validation {
  /** In CEL. */
  readonly expression: string;
  readonly message: string;
}

/**
 * A ValidatingAdmissionPolicy for what is created and changed of a resource of ours, and what has it in force. `failurePolicy`: what becomes of
 * an object that cannot be judged.
 */
export function admissionPolicy(
  name: string,
  resource: string,
  failurePolicy: "Fail" | "Ignore",
  validations: readonly Validation[],
): readonly object[] {
  const policy = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy,
      matchConstraints: {
        resourceRules: [
          { apiGroups: [MELTEMI_GROUP], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources: [resource] },
        ],
      },
      validations,
    },
  };
  const binding = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  };
  return [policy, binding];
}
