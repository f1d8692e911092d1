import type { RpcTraffic } from "../../model/gateway.js";
import { AUTO } from "../../model/protocols.js";
import type { Problem } from "../../status/problem.js";
import type { DestinationPolicies } from "../choose-destination-policies.js";
import type { DeclaredProtocols } from "../declared-protocols.js";
import { detectedProtocols } from "../detected-protocols.js";
import type { ResolvedVirtualService } from "../resolve-virtual-service.js";
import type { ServiceIndex } from "../service-index.js";
import { tunnelsOf } from "../tunnels.js";
import { buildVirtualHosts } from "../virtual-hosts.js";

/** What a port of a gateway serves of an RPC protocol, by these VirtualServices. */
export function serveCalls(
  protocol: string,
  port: number,
  by: readonly ResolvedVirtualService[],
  {
    services,
    declared: protocols,
    policies,
  }: {
    readonly services: ServiceIndex;
    readonly declared: DeclaredProtocols;
    readonly policies: DestinationPolicies;
  },
): { readonly traffic: RpcTraffic; readonly problems: readonly Problem[] } {
  const { virtualHosts, problems } = buildVirtualHosts(port, by, [], services);
  const tunnels = tunnelsOf(virtualHosts, protocol, services, policies);
  const declared = protocols.get(protocol)?.spec.declared;
  const traffic: RpcTraffic = {
    kind: "rpc",
    protocol,
    ...(protocol === AUTO && { protocols: detectedProtocols(by) }),
    ...(declared && { declared }),
    mode: "call",
    ...(tunnels.length > 0 && { tunnels }),
    virtualHosts,
  };
  return { traffic, problems };
}
