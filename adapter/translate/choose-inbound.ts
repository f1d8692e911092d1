import type { Inbound, InboundListener } from "../model/inbound.js";
import { type AuthorizationPolicy, conflict, type ListenerPolicy, mention } from "../resource/resource.js";
import { compareText, type Problem } from "../status/problem.js";

/**
 * What is asked of the inbound side: all AuthorizationPolicies, and of two ListenerPolicies for one port of a namespace's workloads the first.
 * Undefined: nothing.
 */
export function chooseInbound(
  authorization: readonly AuthorizationPolicy[],
  policies: readonly ListenerPolicy[],
  rootNamespace: string,
): { readonly inbound: Inbound | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const first = new Map<string, ListenerPolicy>();
  const listeners: InboundListener[] = [];
  for (const policy of policies) {
    const { namespace, spec } = policy;
    const { protocol, port, settings, tls, inbound } = spec;
    if (inbound === undefined) continue;
    const key = `${namespace} ${port}`;
    const known = first.get(key);
    if (known !== undefined) {
      const reason = `port ${port} of the workloads of ${namespace} has an inbound policy already, ${mention(known)}, which stays in force: merge the two`;
      problems.push(conflict(policy, ["spec", "port"], reason));
      continue;
    }
    first.set(key, policy);
    listeners.push({ namespace, protocol, port, settings, tls, ...inbound });
  }
  if (authorization.length + listeners.length === 0) return { inbound: undefined, problems };
  const inbound = {
    rootNamespace,
    policies: authorization
      .map(({ namespace, name, spec }) => ({ namespace, name, ...spec }))
      .sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name)),
    listeners: listeners.sort((a, b) => compareText(a.namespace, b.namespace) || a.port - b.port),
  };
  return { inbound, problems };
}
