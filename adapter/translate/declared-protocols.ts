import type { DeclaredProtocol, OutboundListener } from "../model/model.js";
import { type ApplicationProtocol, conflict, mention, problemOf } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";

/** What resources declare, by the name that ports and VirtualServices use. */
export type DeclaredProtocols = ReadonlyMap<string, Declaring>;

type Declaring = ApplicationProtocol & { readonly spec: { readonly declared: DeclaredProtocol } };

/** The protocols of these resources, and those in force before whose resource is gone: what uses them must not break. */
export function chooseDeclared(
  resources: readonly ApplicationProtocol[],
  before: DeclaredProtocols,
): { readonly declared: DeclaredProtocols; readonly problems: readonly Problem[] } {
  const declared = new Map<string, Declaring>();
  const problems: Problem[] = [];
  for (const resource of resources.filter(isDeclaring)) {
    const { protocol } = resource.spec;
    const first = declared.get(protocol);
    if (first === undefined) declared.set(protocol, resource);
    else
      problems.push(conflict(resource, ["spec", "protocol"], `${protocol} is declared by ${mention(first)} already`));
  }
  for (const [protocol, resource] of before) if (!declared.has(protocol)) declared.set(protocol, resource);
  return { declared, problems };
}

/** Those that stay in force: that have a resource, or whose name a listener still has, about which there is something to say then. */
export function keepDeclared(
  declared: DeclaredProtocols,
  resources: readonly ApplicationProtocol[],
  listeners: readonly OutboundListener[],
): { readonly inForce: DeclaredProtocols; readonly problems: readonly Problem[] } {
  const inForce = new Map(declared);
  const problems: Problem[] = [];
  for (const [protocol, resource] of declared) {
    if (resources.some((one) => isDeclaring(one) && one.spec.protocol === protocol)) continue;
    if (!listeners.some((listener) => listener.protocol === protocol)) {
      inForce.delete(protocol);
      continue;
    }
    const reason = `nothing declares ${protocol} any more, and there are ports or VirtualServices of it: its last good version stays in force`;
    problems.push(problemOf(resource, ["spec", "protocol"], reason));
  }
  return { inForce, problems };
}

function isDeclaring(resource: ApplicationProtocol): resource is Declaring {
  return resource.spec.declared !== undefined;
}
