import type { Problem } from "../status/problem.js";

/** The problem of a resource whose last good version is still acted upon. */
export function stillInForce(problem: Problem): Problem {
  return { ...problem, reason: `${problem.reason}; the resource's last good version stays in force` };
}
