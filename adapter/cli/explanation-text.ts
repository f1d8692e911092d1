import type { ExplainedRoute, FailedCondition } from "../evaluate/explain.js";
import { suggestion } from "../resource/near.js";
import type { Call, ExplainedListener } from "./explain-call.js";
import { formatPolicy } from "./policy-text.js";

/** What `meltemi explain` prints for people. */
export function formatExplanations(
  { protocol, service }: Call,
  listeners: readonly ExplainedListener[],
  services: readonly string[],
): string {
  if (listeners.length > 0) return listeners.map((listener) => formatListener(service, listener)).join("\n");
  if (service === "") return `no ${protocol} listener takes calls that name no service: say one with --service\n`;
  return `no ${protocol} listener has the service ${service}${suggestion(service, services)}\n`;
}

function formatListener(service: string, { port, explanation, policy = {} }: ExplainedListener): string {
  const { virtualHost, route, passedOver } = explanation;
  const lines = [`${service || "a call"} on port ${port}: virtual host ${virtualHost ?? "none"}`];
  if (passedOver.length > 0) {
    lines.push("  passed over:");
    lines.push(...passedOver.map(({ route, failed }) => `    ${formatRoute(route)}: ${formatFailure(failed)}`));
  }
  if (route === undefined) lines.push("  takes no route: the caller is told that there is none");
  else {
    lines.push("  takes:", `    ${formatRoute(route)}`);
    lines.push(
      ...route.clusters.map(({ name, weight }, i) => `      → ${name}${share(route, weight)}${chosen(route, i)}`),
    );
    lines.push(...formatPolicy(policy).map((line) => `      ${line}`));
  }
  return `${lines.join("\n")}\n`;
}

function formatRoute({ index, name, origin }: ExplainedRoute): string {
  return `${index + 1}. ${name}${origin === "" ? "" : ` (${origin})`}`;
}

function share({ clusters }: ExplainedRoute, weight: number): string {
  if (clusters.length === 1) return "";
  const total = clusters.reduce((sum, cluster) => sum + cluster.weight, 0);
  return ` ${Math.round((weight / total) * 1000) / 10} %`;
}

function chosen(route: ExplainedRoute, index: number): string {
  return route.chosen === index ? ", where this call's value is at home" : "";
}

/** Verbs for "the value …", and for "the value … not". */
const MATCHERS: Readonly<Record<FailedCondition["matcher"], readonly [does: string, doesNot: string]>> = {
  exact_match: ["is", "is not"],
  prefix_match: ["begins with", "does not begin with"],
  suffix_match: ["ends with", "does not end with"],
  contains_match: ["contains", "does not contain"],
  regex_match: ["matches", "does not match"],
  range_match: ["is in", "is not in"],
  present_match: ["is", "is not"],
};

/** Why a condition does not hold, in words. */
export function formatFailure({ attribute, matcher, expected, invert, value }: FailedCondition): string {
  if (value === undefined) return `the call has no ${attribute}`;
  if (matcher === "present_match") return `the call has ${attribute}: ${JSON.stringify(value)}`;
  const verb = MATCHERS[matcher][invert ? 0 : 1];
  const wanted = matcher === "range_match" ? expected : JSON.stringify(expected);
  return `${attribute} ${JSON.stringify(value)} ${verb} ${wanted}`;
}
