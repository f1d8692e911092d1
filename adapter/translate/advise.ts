import { problemOf, type Router } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";

/** What is wrong with a VirtualService that can be in force all the same. */
export function advise(resource: Router): readonly Problem[] {
  const problems: Problem[] = [];
  const { routes } = resource.spec;
  const catchAll = routes.findIndex(({ match }) => match.some(({ conditions }) => conditions.length === 0));
  if (catchAll < 0) return problems;
  for (let index = catchAll + 1; index < routes.length; index++) {
    const reason = `never taken: the route ${routes[catchAll]?.name} before it takes every call`;
    problems.push(problemOf(resource, ["spec", "routes", index], reason, "warning"));
  }
  return problems;
}
