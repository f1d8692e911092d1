import type { DestinationNetwork } from "../model/network.js";
import { compareText } from "../status/problem.js";
import { type DestinationPolicies, destinationPolicy } from "./choose-destination-policies.js";
import type { ServiceDraft, ServiceIndex } from "./service-index.js";

/** What DestinationPolicies say of the way to destinations: to each port of a service, and to each subset of it. */
export function networksOf(
  services: readonly ServiceDraft[],
  index: ServiceIndex,
  policies: DestinationPolicies,
): readonly DestinationNetwork[] {
  if (policies.size === 0) return [];
  return services
    .flatMap(({ host, ports }) =>
      ports.flatMap(({ number: port }) =>
        [undefined, ...subsetsOf(host, index)].map((subset) => {
          const { ipFamily, planes } = destinationPolicy({ host, subset, port }, policies)?.spec ?? {};
          return { host, subset, port, ...(ipFamily && { ipFamily }), ...(planes && { planes }) };
        }),
      ),
    )
    .filter(({ ipFamily, planes }) => ipFamily !== undefined || planes !== undefined)
    .sort((a, b) => compareText(key(a), key(b)));
}

function key({ host, port, subset }: DestinationNetwork): string {
  return `${host} ${port} ${subset ?? ""}`;
}

function subsetsOf(host: string, index: ServiceIndex): readonly string[] {
  return (index.rule(host)?.spec.subsets ?? []).map(({ name }) => name);
}
