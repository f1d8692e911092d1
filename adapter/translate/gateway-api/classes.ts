import { CONTROLLER } from "../../resource/gateway-api/gateway.js";
import type { GatewayClass } from "../../resource/gateway-api/resources.js";
import { problemOf } from "../../resource/resource.js";
import { type ApiStatus, outcome } from "../../status/api-status.js";
import type { Problem } from "../../status/problem.js";

/** Ours without a GatewayClass that says so: there may be nobody who may make one. */
export const DEFAULT_CLASS = "meltemi";

/** Which classes are ours. Those of other controllers are left to them. */
export function ourClasses(classes: readonly GatewayClass[]): {
  readonly names: ReadonlySet<string>;
  readonly statuses: readonly ApiStatus[];
  readonly problems: readonly Problem[];
} {
  const names = new Set(classes.some(({ name }) => name === DEFAULT_CLASS) ? [] : [DEFAULT_CLASS]);
  const statuses: ApiStatus[] = [];
  const problems: Problem[] = [];
  for (const resource of classes) {
    const { controller, hasParameters } = resource.spec;
    if (controller !== CONTROLLER) continue;
    const reason = "Meltemi starts no Envoys for a Gateway, and knows no parameters of them";
    const accepted = hasParameters
      ? outcome("Accepted", "False", "InvalidParameters", `spec.parametersRef: ${reason}`)
      : outcome("Accepted", "True", "Accepted");
    statuses.push({ resource, conditions: [accepted] });
    if (hasParameters) problems.push(problemOf(resource, ["spec", "parametersRef"], reason));
    else names.add(resource.name);
  }
  return { names, statuses, problems };
}
