import type { MeshPolicy, MeshSettings } from "../model/mesh-policy.js";
import { conflict, type MeshPolicy as MeshPolicyResource, mention, type Sidecar } from "../resource/resource.js";
import { compareText, type Problem } from "../status/problem.js";

/**
 * One MeshPolicy for each namespace, the first; where it does not say what becomes of connections to unknown addresses, the first Sidecar that
 * is for all workloads of the namespace does. Those of the root namespace are for all.
 */
export function chooseMeshPolicies(
  policies: readonly MeshPolicyResource[],
  sidecars: readonly Sidecar[],
  rootNamespace: string,
): { readonly policies: readonly MeshPolicy[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const first = new Map<string, MeshPolicyResource>();
  for (const policy of policies) {
    const { namespace } = policy;
    const known = first.get(namespace);
    if (known === undefined) first.set(namespace, policy);
    else {
      const reason = `${mention(known)} is the namespace's already, and stays in force: merge the two`;
      problems.push(conflict(policy, ["spec"], reason));
    }
  }
  const settings = new Map<string, MeshSettings>();
  for (const { namespace, spec } of sidecars.filter(({ spec }) => !spec.isSelective).toReversed()) {
    const { unknownDestinations } = spec;
    if (unknownDestinations !== undefined) settings.set(namespace, { unknownDestinations });
  }
  for (const [namespace, { spec }] of first) settings.set(namespace, { ...settings.get(namespace), ...spec.settings });
  const chosen = [...settings]
    .sort(([a], [b]) => compareText(a, b))
    .map(([namespace, said]) => ({ namespace: namespace === rootNamespace ? undefined : namespace, ...said }));
  return { policies: chosen, problems };
}
