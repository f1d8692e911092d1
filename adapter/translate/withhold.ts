import type { OutboundListener } from "../model/model.js";
import { type Identified, problemOf } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";

/**
 * A listener whose ListenerPolicy asks for TLS and is refused, without a good version of it before, is not served: it must not be
 * open to everybody because of a slip somewhere else in the policy.
 */
export function withhold(
  listeners: readonly OutboundListener[],
  refused: readonly Identified[],
): { readonly listeners: readonly OutboundListener[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const withheld = new Set<OutboundListener>();
  for (const policy of refused.filter(({ kind }) => kind === "ListenerPolicy")) {
    const { spec } = policy.raw.document as { readonly spec?: unknown };
    const { protocol, port, tls, inbound } = (spec ?? {}) as { readonly [field: string]: unknown };
    const listener = listeners.find((one) => one.protocol === protocol && one.port === port);
    // One for the inbound side has no listener where it is not good.
    if (!tls || inbound || listener === undefined) continue;
    withheld.add(listener);
    const reason = `the listener ${protocol} ${port} is not served until the policy is good: it asks for TLS`;
    problems.push(problemOf(policy, ["spec", "tls"], reason));
  }
  return { listeners: listeners.filter((listener) => !withheld.has(listener)), problems };
}
