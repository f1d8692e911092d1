import type { FieldPath } from "../../status/field-path.js";
import { tcpRouteSpecSchema, tlsRouteSpecSchema } from "../schema/gateway-api/routes.js";
import { type Checked, checking } from "./checked.js";
import {
  type BackendSpec,
  backend,
  namespaceOf,
  type ParentRef,
  parseParentRefs,
  type WrittenRef,
} from "./references.js";

/** A route of any kind. */
export interface RouteSpecOf<Spec> extends Checked<Spec> {
  readonly parents: readonly ParentRef[];
}

export function routeParser<Spec>(check: (spec: unknown) => Checked<Spec>) {
  return (spec: unknown, _report: unknown, document: unknown): RouteSpecOf<Spec> => ({
    ...check(spec),
    parents: parseParentRefs(spec, namespaceOf(document)),
  });
}

/** Of connections: a TCPRoute, or a TLSRoute, which has hostnames. */
export interface ConnectionRouteSpec {
  readonly hostnames: readonly string[];
  readonly path: FieldPath;
  readonly backends: readonly BackendSpec[];
}

interface WrittenConnectionRoute {
  readonly hostnames?: readonly string[];
  readonly rules: readonly {
    readonly backendRefs: readonly (WrittenRef & { readonly weight?: number })[];
  }[];
}

function readConnectionRoute({ hostnames = [], rules }: WrittenConnectionRoute): ConnectionRouteSpec {
  const path = ["spec", "rules", 0];
  const { backendRefs = [] } = rules[0] ?? {};
  return { hostnames, path, backends: backendRefs.map((one, item) => backend(one, [...path, "backendRefs", item])) };
}

export const parseTcpRoute = routeParser(checking(tcpRouteSpecSchema, readConnectionRoute));

export const parseTlsRoute = routeParser(checking(tlsRouteSpecSchema, readConnectionRoute));
