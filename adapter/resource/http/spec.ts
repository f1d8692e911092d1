import type {
  HeaderMutations,
  HttpMatch,
  HttpPolicy,
  RedirectAction,
  RespondAction,
  Rewrite,
} from "../../model/http.js";
import type { FieldPath } from "../../status/field-path.js";
import type { GlobalRateLimitSpec } from "../policies/global-rate-limit.js";
import type { TargetSpec } from "../virtual-service.js";

/** The gateway that sidecars are. */
export const MESH_GATEWAY = "mesh";

/** What a VirtualService says of HTTP, Istio's or Meltemi's, in one form. */
export interface HttpVirtualServiceSpec {
  readonly hosts: readonly string[];
  /** As they are written: `mesh`, `NAME` or `NAMESPACE/NAME`. Never empty. */
  readonly gateways: readonly string[];
  readonly http: readonly HttpRouteSpec[];
  /** Of TLS that passes as it is, at gateways. */
  readonly tls: readonly ConnectionRouteSpec[];
  /** Of TCP, at gateways. */
  readonly tcp: readonly ConnectionRouteSpec[];
  readonly exportTo?: readonly string[] | undefined;
}

export interface HttpRouteSpec {
  readonly name: string;
  /** Relative to the resource. */
  readonly path: FieldPath;
  /** The route takes a request for which one of these holds. Never empty. */
  readonly match: readonly HttpMatchSpec[];
  readonly action: HttpActionSpec;
  readonly policy: Omit<HttpPolicy, "mirrors" | "globalRateLimit">;
  readonly mirrors: readonly HttpMirrorSpec[];
  readonly globalRateLimit?: HttpGlobalRateLimitSpec | undefined;
}

export interface HttpMatchSpec {
  readonly name: string;
  /** Relative to the resource. */
  readonly path: FieldPath;
  readonly match: HttpMatch;
  /** That was dialled; undefined: any. */
  readonly port: number | undefined;
  /** Of those of the VirtualService; undefined: all of them. */
  readonly gateways: readonly string[] | undefined;
}

export type HttpActionSpec =
  | { readonly kind: "forward"; readonly destinations: readonly HttpDestinationSpec[]; readonly rewrite?: Rewrite }
  | (Omit<RedirectAction, "port"> & {
      /** `request`: the one that was dialled. */
      readonly port?: number | "request";
    })
  | RespondAction;

/** A destination as a route names it, and where. */
export interface LocatedTarget extends TargetSpec {
  readonly path: FieldPath;
}

export interface HttpDestinationSpec extends LocatedTarget {
  readonly weight: number;
  readonly headers?: HeaderMutations;
}

export interface HttpMirrorSpec extends LocatedTarget {
  readonly percentage: number;
}

export type HttpGlobalRateLimitSpec = Pick<GlobalRateLimitSpec, "service" | "path"> &
  Omit<NonNullable<HttpPolicy["globalRateLimit"]>, "service">;

/** Of connections, whatever they carry. */
export interface ConnectionRouteSpec {
  readonly path: FieldPath;
  /** One of these must hold. Never empty. */
  readonly match: readonly ConnectionMatchSpec[];
  readonly destinations: readonly WeightedTarget[];
}

export interface WeightedTarget extends LocatedTarget {
  /** Share of the sum of all. */
  readonly weight: number;
}

export interface ConnectionMatchSpec {
  readonly path: FieldPath;
  /** Names that TLS asks for, `*.example.com` or `*` among them. None: of TCP. */
  readonly sniHosts: readonly string[];
  readonly port: number | undefined;
  readonly gateways: readonly string[] | undefined;
}
