import type { Scope } from "../model/model.js";
import { conflict, mention, type Sidecar } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";

/** Istio's root namespace, where nothing else is said. */
export const DEFAULT_ROOT_NAMESPACE = "istio-system";

/**
 * What nodes call, as Istio has it: the first Sidecar of a namespace that is for all of its workloads, else that of the root namespace. Which
 * workloads a node serves is not known: where Sidecars are for some alone, what any of them or the rest may call is called.
 */
export function chooseScopes(
  sidecars: readonly Sidecar[],
  rootNamespace: string,
): { readonly scopes: readonly Scope[]; readonly problems: readonly Problem[] } {
  const general = new Map<string, Sidecar>();
  const selective = new Map<string, Sidecar[]>();
  const problems: Problem[] = [];
  for (const sidecar of sidecars) {
    const { namespace, spec } = sidecar;
    const first = general.get(namespace);
    if (spec.isSelective) selective.set(namespace, [...(selective.get(namespace) ?? []), sidecar]);
    else if (first === undefined) general.set(namespace, sidecar);
    else {
      const reason = `${mention(first)} is for all workloads of ${namespace} already, and stays in force: merge the two`;
      problems.push(conflict(sidecar, ["spec"], reason));
    }
  }
  const root = general.get(rootNamespace);
  const scopes: Scope[] = root === undefined ? [] : [{ namespace: undefined, egress: root.spec.egress }];
  for (const namespace of [...new Set([...general.keys(), ...selective.keys()])].sort()) {
    const rest = general.get(namespace) ?? root;
    // Without one for the rest these call everything, as they do in a namespace without Sidecars.
    if (rest === undefined) continue;
    const all = [...(selective.get(namespace) ?? []), rest];
    scopes.push({ namespace, egress: all.flatMap(({ spec }) => spec.egress) });
  }
  return { scopes, problems };
}
