import type { Destination, Route } from "./model.js";

/** All that a route has calls go to, where their answers are awaited and where they are not. */
export function destinationsOf({ destinations, policy }: Route): readonly Destination[] {
  return [...destinations, ...(policy?.mirrors ?? [])];
}
