import type { RouteKind } from "../../resource/gateway-api/gateway.js";
import type { ReferenceGrant } from "../../resource/gateway-api/resources.js";

/** Whether a resource of another namespace may be referred to. */
export type IsGranted = (
  from: RouteKind & { readonly namespace: string },
  to: RouteKind & { readonly namespace: string; readonly name: string },
) => boolean;

export function grantedBy(grants: readonly ReferenceGrant[]): IsGranted {
  return (from, to) =>
    from.namespace === to.namespace ||
    grants.some(
      ({ namespace, spec }) =>
        namespace === to.namespace &&
        spec.from.some((one) => isOf(one, from) && one.namespace === from.namespace) &&
        spec.to.some((one) => isOf(one, to) && (one.name === undefined || one.name === to.name)),
    );
}

function isOf(one: RouteKind, other: RouteKind): boolean {
  return one.group === other.group && one.kind === other.kind;
}
