import { expect, test } from "vitest";
import { clusterName } from "./cluster-name.js";

test("a cluster is named as Istio names it, with and without a subset", () => {
  const host = "reviews.prod.svc.cluster.local";
  expect(clusterName({ host, subset: "v2", port: 9080 })).toBe("outbound|9080|v2|reviews.prod.svc.cluster.local");
  expect(clusterName({ host, subset: undefined, port: 9080 })).toBe("outbound|9080||reviews.prod.svc.cluster.local");
});
