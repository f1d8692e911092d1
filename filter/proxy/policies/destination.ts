import { pickSticky } from "../../route/policies/pick-sticky";
import { Cluster, pickAt, pickCluster, Route } from "../../route/table";
import { random32 } from "../random";

/** Where the call in the attribute slots goes: by its route's weights, and by a value where the route has one to go by. */
export function destinationOf(route: Route): Cluster {
  if (route.clusterCount == 1) return pickCluster(route, 0);
  const index = chosenByValue(route);
  return index < 0 ? pickCluster(route, random32()) : pickAt(route, index);
}

/** Whether the call in the attribute slots certainly goes to `cluster` on this route. */
export function certainlyLeadsTo(route: Route, cluster: Cluster): bool {
  if (route.clusterCount == 1) return pickCluster(route, 0) == cluster;
  const index = chosenByValue(route);
  return index >= 0 && pickAt(route, index) == cluster;
}

export function isSticky(route: Route): bool {
  const policy = route.policy;
  return policy != null && policy.sticky != null;
}

/** Which of the route's destinations; -1: its value says nothing. */
function chosenByValue(route: Route): i32 {
  const policy = route.policy;
  const sticky = policy ? policy.sticky : null;
  return sticky ? pickSticky(route, sticky) : -1;
}
