import { isIP } from "node:net";
import type { Fault } from "../../resource/gateway-api/checked.js";
import type { Identified } from "../../resource/resource.js";
import { problemOf } from "../../resource/resource.js";
import { type ApiStatus, holds, type ListenerStatus, type Outcome, outcome } from "../../status/api-status.js";
import { formatFieldPath } from "../../status/field-path.js";
import type { Problem } from "../../status/problem.js";
import type { ServiceIndex } from "../service-index.js";
import type { Attachment } from "./attach.js";
import type { BadBackend } from "./backends.js";
import type { GatewayDraft } from "./build.js";
import { isServed, type ListenerDraft } from "./listeners.js";

interface Told {
  readonly status: ApiStatus;
  /** The same, for who reads logs or runs `meltemi check`. What is wrong in the resource itself is told already. */
  readonly problems: readonly Problem[];
}

/** What became of a Gateway and its listeners. `Programmed` is as far as it can be said without Envoys. */
export function gatewayStatus(
  { resource, listeners, addresses, namespace, name }: GatewayDraft,
  attachedTo: (draft: ListenerDraft) => number,
  services: ServiceIndex,
): Told {
  const { faults } = resource.spec;
  const problems: Problem[] = [];
  for (const { listener, accepted, resolved, conflicted } of listeners) {
    for (const one of [accepted, resolved]) {
      if (!holds(one)) problems.push(problemOf(resource, listener.path, one.message));
    }
    if (holds(conflicted))
      problems.push({ ...problemOf(resource, listener.path, conflicted.message), cause: "conflict" });
  }
  const before = addresses.map((host) => services.resolve(host, namespace));
  const missing = addresses.filter((_, index) => before[index] === undefined);
  for (const host of missing) {
    problems.push({ ...problemOf(resource, ["spec", "addresses"], noService(host)), cause: "reference" });
  }
  // Without one that is named, the Service of the Gateway's name is before its Envoys.
  const found = addresses.length > 0 ? before : [services.resolve(name, namespace)];
  const served = listeners.filter(isServed);
  const accepted = gatewayAccepted(faults, listeners, served);
  const programmed =
    !holds(accepted) || served.length === 0
      ? outcome("Programmed", "False", "Invalid", "no listener of this generation is served: see the other conditions")
      : missing.length > 0
        ? outcome("Programmed", "False", "AddressNotAssigned", missing.map(noService).join("; "))
        : outcome("Programmed", "True", "Programmed");
  return {
    problems,
    status: {
      resource,
      conditions: [accepted, programmed],
      listeners: listeners.map((draft) => listenerStatus(draft, attachedTo(draft))),
      addresses: [...new Set(found.flatMap((service) => service?.addresses ?? []))].map((value) => ({
        type: isIP(value) === 0 ? ("Hostname" as const) : ("IPAddress" as const),
        value,
      })),
    },
  };
}

function noService(host: string): string {
  return `no service has the host ${host}`;
}

function gatewayAccepted(
  faults: readonly Fault[],
  listeners: readonly ListenerDraft[],
  served: readonly ListenerDraft[],
): Outcome {
  if (faults.length > 0) {
    const isAddress = faults.every(({ path }) => path[1] === "addresses");
    return outcome("Accepted", "False", isAddress ? "UnsupportedAddress" : "InvalidParameters", describe(faults));
  }
  const refused = listeners.filter((one) => !holds(one.accepted) || holds(one.conflicted));
  if (refused.length === 0) return outcome("Accepted", "True", "Accepted");
  const message = `not served: ${refused.map(({ listener }) => listener.name).join(", ")}`;
  return outcome("Accepted", served.length > 0 ? "True" : "False", "ListenersNotValid", message);
}

function listenerStatus(draft: ListenerDraft, attachedRoutes: number): ListenerStatus {
  const { listener, kinds, accepted, resolved, conflicted } = draft;
  const programmed = isServed(draft)
    ? outcome("Programmed", "True", "Programmed")
    : outcome("Programmed", "False", "Invalid", "it is not served: see the other conditions");
  return {
    name: listener.name,
    supportedKinds: kinds,
    attachedRoutes,
    conditions: [accepted, conflicted, programmed, resolved],
  };
}

/** What became of a route at its parents. */
export function routeStatus(
  resource: Identified,
  attachments: readonly Attachment[],
  bad: readonly BadBackend[],
  faults: readonly Fault[],
): Told {
  const problems = [
    ...attachments.flatMap(({ parent, accepted }) => {
      return holds(accepted) ? [] : [problemOf(resource, parent.path, accepted.message)];
    }),
    ...bad.map(({ path, message }) => ({ ...problemOf(resource, path, message), cause: "reference" as const })),
  ];
  const [first] = bad;
  const resolved =
    first === undefined
      ? outcome("ResolvedRefs", "True", "ResolvedRefs")
      : outcome(
          "ResolvedRefs",
          "False",
          first.reason,
          describe(bad.map(({ path, message }) => ({ path, reason: message }))),
        );
  const refusal = faults.length > 0 ? outcome("Accepted", "False", "UnsupportedValue", describe(faults)) : undefined;
  return {
    problems,
    status: {
      resource,
      parents: attachments.map(({ parent, accepted }) => ({
        parentRef: parent.written,
        conditions: [refusal ?? accepted, resolved],
      })),
    },
  };
}

function describe(faults: readonly Fault[]): string {
  return faults.map(({ path, reason }) => `${formatFieldPath(path)}: ${reason}`).join("; ");
}
