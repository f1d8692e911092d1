import { clustersOf } from "../model/cluster-name.js";
import type { ListenerMode, OutboundListener } from "../model/model.js";
import { AUTO } from "../model/protocols.js";
import { suggestion } from "../resource/near.js";
import { conflict, type ListenerPolicy, mention, missingReference, problemOf } from "../resource/resource.js";
import { formatResourceName, type Problem } from "../status/problem.js";
import { type DestinationPolicies, destinationPolicy } from "./choose-destination-policies.js";
import { stillInForce } from "./still-in-force.js";

export interface ChosenListenerPolicies {
  readonly listeners: readonly OutboundListener[];
  readonly inForce: ReadonlyMap<string, ListenerPolicy>;
  readonly problems: readonly Problem[];
}

/**
 * Gives each listener what its ListenerPolicy says: of two policies for one the first. One for a listener that does not exist, or
 * whose mode the routes do not allow, gives way to its last version that was good. Where there is none a mode that is not
 * possible becomes CALL, which is always; all else that the policy says holds, TLS above all.
 */
export function chooseListenerPolicies(
  policies: readonly ListenerPolicy[],
  listeners: readonly OutboundListener[],
  destinations: DestinationPolicies,
  before: ReadonlyMap<string, ListenerPolicy>,
): ChosenListenerPolicies {
  const byListener = new Map<OutboundListener, { readonly policy: ListenerPolicy; readonly mode: ListenerMode }>();
  const inForce = new Map<string, ListenerPolicy>();
  const problems: Problem[] = [];
  for (const policy of policies) {
    const key = formatResourceName(policy);
    const now = assess(policy, listeners, destinations);
    const last = before.get(key);
    const then = now.problem === undefined || last === undefined ? undefined : assess(last, listeners, destinations);
    const fallback = then !== undefined && then.problem === undefined ? then : undefined;
    if (now.problem !== undefined) problems.push(fallback === undefined ? now.problem : stillInForce(now.problem));
    const { listener, mode, policy: taken } = fallback ?? now;
    if (listener === undefined) continue;
    const first = byListener.get(listener);
    if (first !== undefined) {
      const reason = `the listener ${describe(listener)} has a policy already, ${mention(first.policy)}, which stays in force: merge the two`;
      problems.push(conflict(policy, ["spec", "port"], reason));
      continue;
    }
    byListener.set(listener, { policy: taken, mode });
    inForce.set(key, taken);
  }
  return {
    listeners: listeners.map((listener) => {
      const chosen = byListener.get(listener);
      if (chosen === undefined) return listener;
      const { settings, tls } = chosen.policy.spec;
      const { tunnels, ...others } = listener;
      return {
        ...others,
        mode: chosen.mode,
        ...(chosen.mode === "call" && tunnels && { tunnels }),
        ...(Object.keys(settings).length > 0 && { settings }),
        ...(tls && { tls }),
      };
    }),
    inForce,
    problems,
  };
}

interface Assessment {
  readonly policy: ListenerPolicy;
  readonly listener: OutboundListener | undefined;
  readonly mode: ListenerMode;
  /** Why the policy cannot be in force as it is. */
  readonly problem: Problem | undefined;
}

function assess(
  policy: ListenerPolicy,
  listeners: readonly OutboundListener[],
  destinations: DestinationPolicies,
): Assessment {
  const { protocol, port } = policy.spec;
  const listener = listeners.find((one) => one.protocol === protocol && one.port === port);
  if (listener === undefined) {
    const there = suggestion(`${protocol} ${port}`, listeners.map(describe));
    const problem = missingReference(policy, ["spec", "port"], `there is no listener ${protocol} ${port}${there}`);
    return { policy, listener, mode: "call", problem };
  }
  const { mode, reason } = chooseMode(policy, listener, destinations);
  const problem = reason === undefined ? undefined : problemOf(policy, ["spec", "mode"], reason);
  return { policy, listener, mode, problem };
}

/**
 * The listener's mode; with a reason where it is not the one that is asked for. AUTO is OBSERVE where the routes make no difference
 * and nothing is asked for that only CALL does, else CALL. Never CONNECTION, which an Envoy before 1.37 cannot do.
 */
function chooseMode(
  { spec }: ListenerPolicy,
  listener: OutboundListener,
  destinations: DestinationPolicies,
): { readonly mode: ListenerMode; readonly reason?: string } {
  if (spec.mode === "CALL") return { mode: "call" };
  const clusters = clustersOf(listener).length;
  const policy = tunnelPolicy(listener, destinations);
  if (spec.mode === "AUTO") {
    const { maxMessageBytes: _, ...times } = spec.settings;
    const callByCall = policy !== undefined || Object.keys(times).length > 0;
    const observable =
      clusters === 1 &&
      takesEveryCall(listener) &&
      listener.protocol !== AUTO &&
      !isGoverned(listener) &&
      !hashesCalls(listener);
    return { mode: observable && !callByCall ? "observe" : "call" };
  }
  if (policy !== undefined) {
    return {
      mode: "call",
      reason: `${spec.mode}: there are no tunnels, of which ${mention(policy)} speaks; write CALL`,
    };
  }
  if (isGoverned(listener)) {
    return {
      mode: "call",
      reason: `${spec.mode}: routes have timeouts, faults or limits, which are for single calls; write CALL`,
    };
  }
  if (hashesCalls(listener)) {
    return {
      mode: "call",
      reason: `${spec.mode}: a destination has a consistentHash by an attribute, which is for single calls; write CALL`,
    };
  }
  if (spec.mode === "CONNECTION") return { mode: "connection" };
  if (listener.protocol === AUTO) {
    return {
      mode: "call",
      reason: "OBSERVE: what has passed cannot be looked at twice to tell its protocol; name one, or write CALL",
    };
  }
  if (clusters === 1) return { mode: "observe" };
  const reason = `OBSERVE: all routes must lead to one destination, and they lead to ${clusters}; write CALL or CONNECTION`;
  return { mode: "call", reason };
}

/** A policy for tunnels to one of the listener's destinations. */
function tunnelPolicy({ virtualHosts }: OutboundListener, destinations: DestinationPolicies) {
  const routes = virtualHosts.flatMap(({ routes }) => routes);
  const policies = routes.flatMap((route) => route.destinations).map((one) => destinationPolicy(one, destinations));
  // By family and by plane connections are spread that are carried whole, too.
  return policies.find((policy) => policy?.spec.outlierDetection || Object.keys(policy?.spec.tunnels ?? {}).length > 0);
}

function hashesCalls({ tunnels = [] }: OutboundListener): boolean {
  return tunnels.some(({ hashAttribute }) => hashAttribute !== undefined);
}

/** Whether a route does more with its calls than to send them somewhere. */
function isGoverned({ virtualHosts }: OutboundListener): boolean {
  return virtualHosts.some(({ routes }) =>
    routes.some(({ policy, destinations }) => policy !== undefined || destinations.some((one) => one.mutations)),
  );
}

/** Whatever a call to one of the services says, there is a route for it. */
function takesEveryCall({ virtualHosts }: OutboundListener): boolean {
  return virtualHosts.every(({ routes }) => routes.some(({ match }) => match.length === 0));
}

function describe({ protocol, port }: OutboundListener): string {
  return `${protocol} ${port}`;
}
