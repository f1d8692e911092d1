import type { Identified } from "../resource.js";
import type { ApiGatewaySpec, GatewayClassSpec, ReferenceGrantSpec } from "./gateway.js";
import type { HttpRouteSpec } from "./http-route.js";
import type { ConnectionRouteSpec, RouteSpecOf } from "./routes.js";

export interface GatewayClass extends Identified {
  readonly kind: "GatewayClass";
  readonly spec: GatewayClassSpec;
}

/** Istio has a kind of this name, too. */
export interface ApiGateway extends Identified {
  readonly kind: "Gateway.gateway.networking.k8s.io";
  readonly spec: ApiGatewaySpec;
}

/** Of requests. */
export interface RequestRoute extends Identified {
  readonly kind: "HTTPRoute" | "GRPCRoute";
  readonly spec: RouteSpecOf<HttpRouteSpec>;
}

/** Of connections. */
export interface ConnectionRoute extends Identified {
  readonly kind: "TCPRoute" | "TLSRoute";
  readonly spec: RouteSpecOf<ConnectionRouteSpec>;
}

export interface ReferenceGrant extends Identified {
  readonly kind: "ReferenceGrant";
  readonly spec: ReferenceGrantSpec;
}

/** Kubernetes' own; its labels say whose routes a listener takes. */
export interface Namespace extends Identified {
  readonly kind: "Namespace";
  readonly spec: { readonly labels: Readonly<Record<string, string>> };
}

export type GatewayApiResource =
  | GatewayClass
  | ApiGateway
  | RequestRoute
  | ConnectionRoute
  | ReferenceGrant
  | Namespace;
