import { whyNotPreserved } from "../model/network.js";
import { suggestion } from "../resource/near.js";
import { type DestinationPolicy, missingReference, problemOf } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";
import { layerPolicy } from "./layer-policy.js";
import type { ServiceDraft, ServiceIndex } from "./service-index.js";

/** What of a policy does not go with its service, or with the planes that there are. */
export function networkMisfits(
  policy: DestinationPolicy,
  service: ServiceDraft,
  index: ServiceIndex,
  planes: ReadonlySet<string>,
): readonly Problem[] {
  const { ipFamily, planes: names = [], port } = policy.spec;
  const problems: Problem[] = [];
  names.forEach((name, nth) => {
    if (planes.has(name)) return;
    const reason = `no MeshPolicy has a plane ${name}${suggestion(name, [...planes])}`;
    problems.push(missingReference(policy, ["spec", "planes", nth], reason));
  });
  if (ipFamily?.mode !== "preserve") return problems;
  const { resolution, host, ports } = service;
  const trafficPolicy = index.rule(host)?.spec.trafficPolicy ?? {};
  const subsets = (index.rule(host)?.spec.subsets ?? []).map(({ trafficPolicy: own }) => ({
    trafficPolicy: layerPolicy(trafficPolicy, own),
  }));
  const reasons = ports
    .filter(({ number }) => port === undefined || port === number)
    .map(({ number }) => whyNotPreserved({ resolution, trafficPolicy, subsets }, number));
  const reason = reasons.find((one) => one !== undefined);
  if (reason !== undefined)
    problems.push(problemOf(policy, ["spec", "ipFamily", "mode"], `PRESERVE is not for ${host}: ${reason}`));
  return problems;
}
