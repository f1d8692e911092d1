import type { NamespacesSpec, Requirement, RouteKind } from "../../resource/gateway-api/gateway.js";
import { GATEWAY_API_GROUP, type ParentRef } from "../../resource/gateway-api/references.js";
import { type Outcome, outcome } from "../../status/api-status.js";
import { commonHosts, covers } from "../edge/hosts.js";
import type { ListenerDraft } from "./listeners.js";

/** A Gateway of ours, for routes to attach to. */
export interface ParentGateway {
  readonly namespace: string;
  readonly name: string;
  readonly listeners: readonly ListenerDraft[];
}

/** What asks for a parent. */
export interface Attaching {
  readonly kind: RouteKind;
  readonly namespace: string;
  /** None: all hosts of the listener. */
  readonly hostnames: readonly string[];
}

/** Where a route is attached, by one of its `parentRefs`. */
export interface Attachment {
  readonly parent: ParentRef;
  readonly accepted: Outcome;
  readonly at: readonly { readonly draft: ListenerDraft; readonly hosts: readonly string[] }[];
}

export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>>;

/** Of each parent that is a Gateway of ours; others are left to whom they are of. */
export function attach(
  route: Attaching,
  parents: readonly ParentRef[],
  gateways: readonly ParentGateway[],
  labelsOf: NamespaceLabels,
): readonly Attachment[] {
  return parents.flatMap((parent) => {
    if (parent.group !== GATEWAY_API_GROUP || parent.kind !== "Gateway") return [];
    const gateway = gateways.find(({ namespace, name }) => namespace === parent.namespace && name === parent.name);
    return gateway === undefined ? [] : [attachTo(route, parent, gateway, labelsOf)];
  });
}

function attachTo(
  { kind, namespace, hostnames }: Attaching,
  parent: ParentRef,
  gateway: ParentGateway,
  labelsOf: NamespaceLabels,
): Attachment {
  const refused = (reason: string, message: string): Attachment => {
    return { parent, accepted: outcome("Accepted", "False", reason, message), at: [] };
  };
  const { sectionName, port } = parent;
  const named = gateway.listeners.filter(
    ({ listener }) =>
      (sectionName === undefined || listener.name === sectionName) && (port === undefined || listener.port === port),
  );
  if (named.length === 0) {
    const there = gateway.listeners.map(({ listener }) => `${listener.name} at ${listener.port}`).join(", ");
    return refused("NoMatchingParent", `the Gateway has no such listener: there is ${there}`);
  }
  const ofKind = named.filter(({ kinds }) => kinds.some((one) => one.group === kind.group && one.kind === kind.kind));
  if (ofKind.length === 0) return refused("NotAllowedByListeners", `no listener takes ${kind.kind}s`);
  const open = ofKind.filter(({ listener }) => isOpen(listener.namespaces, gateway.namespace, namespace, labelsOf));
  if (open.length === 0)
    return refused("NotAllowedByListeners", `no listener takes routes of the namespace ${namespace}`);
  const meeting = open.flatMap((draft) => {
    const own = [draft.listener.hostname ?? "*"];
    const common = hostnames.length === 0 ? own : commonHosts(hostnames, own);
    return common.length > 0 ? [{ draft, hosts: common }] : [];
  });
  if (meeting.length === 0) {
    return refused("NoMatchingListenerHostname", `no listener has one of the hosts ${hostnames.join(", ")}`);
  }
  const at = meeting.map(({ draft, hosts }) => ({
    draft,
    hosts: hosts.filter((host) => !isOfAnother(host, draft, gateway.listeners)),
  }));
  return { parent, accepted: outcome("Accepted", "True", "Accepted"), at };
}

/** Requests are for the listener that says their host most closely, and for it alone. */
function isOfAnother(host: string, { listener, carried }: ListenerDraft, all: readonly ListenerDraft[]): boolean {
  if (carried?.kind !== "http") return false;
  const own = listener.hostname ?? "*";
  return all.some(({ listener: other }) => {
    const { hostname = "*" } = other;
    return other.port === listener.port && hostname !== own && covers(own, hostname) && covers(hostname, host);
  });
}

function isOpen(allowed: NamespacesSpec, own: string, namespace: string, labelsOf: NamespaceLabels): boolean {
  if (allowed.from !== "Selector") return allowed.from === "All" || namespace === own;
  const labels = labelsOf(namespace);
  return allowed.requirements.every((one) => isMet(one, labels));
}

function isMet({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}
