import { gatewayName } from "../../model/gateway.js";
import type { GatewayHost } from "../../resource/gateway.js";
import { MESH_GATEWAY } from "../../resource/http/spec.js";
import { suggestion } from "../../resource/near.js";
import { type Gateway, type Identified, missingReference, type Router } from "../../resource/resource.js";
import type { Problem } from "../../status/problem.js";

/** Whether its routes are those of sidecars. */
export function isOfMesh({ spec }: Pick<Router, "spec">): boolean {
  const { gateways, parents = [] } = spec;
  return gateways === undefined ? parents.length === 0 : gateways.includes(MESH_GATEWAY);
}

/** The gateway's name as `NAMESPACE/NAME`, of what a resource of a namespace calls it. */
export function fullName(written: string, namespace: string): string {
  return written.includes("/") ? written : `${namespace}/${written}`;
}

/** Whether one of the names is the gateway's. */
export function names(written: readonly string[], namespace: string, gateway: Gateway): boolean {
  return written.some((one) => one !== MESH_GATEWAY && fullName(one, namespace) === gatewayName(gateway));
}

/** Hosts of a server to which resources of a namespace may attach. */
export function openTo(hosts: readonly GatewayHost[], gateway: Gateway, namespace: string): readonly string[] {
  return hosts
    .filter((one) => one.namespace === "*" || (one.namespace === "." ? gateway.namespace : one.namespace) === namespace)
    .map(({ host }) => host);
}

/** Names that a resource has of gateways that do not exist. */
export function missingGateways(
  resource: Identified,
  written: readonly string[],
  gateways: ReadonlySet<string>,
): readonly Problem[] {
  return written.flatMap((one, index) => {
    if (one === MESH_GATEWAY) return [];
    const name = fullName(one, resource.namespace);
    if (gateways.has(name)) return [];
    return [
      missingReference(
        resource,
        ["spec", "gateways", index],
        `there is no Gateway ${name}${suggestion(name, [...gateways])}`,
      ),
    ];
  });
}
