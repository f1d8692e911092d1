import { PROTOCOLS } from "../model/protocols.js";
import { nearest } from "../resource/near.js";
import { problemOf, type VirtualService } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";

/** What is wrong with a VirtualService that can be in force all the same. */
export function advise(resource: VirtualService): readonly Problem[] {
  const problems: Problem[] = [];
  const { protocol, routes } = resource.spec;
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    const near = nearest(protocol, PROTOCOLS);
    const guess = near === undefined ? "" : `; did you mean ${near}?`;
    const reason = `protocol ${protocol}: no codec for it, so no listener; this build speaks: ${PROTOCOLS.join(", ")}${guess}`;
    problems.push(problemOf(resource, ["spec", "protocol"], reason));
  }
  const catchAll = routes.findIndex(({ match }) => match.some(({ conditions }) => conditions.length === 0));
  if (catchAll < 0) return problems;
  for (let index = catchAll + 1; index < routes.length; index++) {
    const reason = `never taken: the route ${routes[catchAll]?.name} before it takes every call`;
    problems.push(problemOf(resource, ["spec", "routes", index], reason, "warning"));
  }
  return problems;
}
