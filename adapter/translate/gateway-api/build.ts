import type { Gateway, GatewayServer, GatewayTraffic, RpcTraffic } from "../../model/gateway.js";
import type { Destination } from "../../model/model.js";
import type { Checked } from "../../resource/gateway-api/checked.js";
import type { CheckedGateway } from "../../resource/gateway-api/gateway.js";
import type { HttpRouteSpec } from "../../resource/gateway-api/http-route.js";
import { GATEWAY_API_GROUP } from "../../resource/gateway-api/references.js";
import type { ApiGateway, ConnectionRoute, RequestRoute } from "../../resource/gateway-api/resources.js";
import type { ConnectionRouteSpec } from "../../resource/gateway-api/routes.js";
import { MELTEMI_GROUP } from "../../resource/kinds.js";
import { type Identified, missingReference, ofKind, problemOf, type Resource } from "../../resource/resource.js";
import { type ApiStatus, holds, outcome } from "../../status/api-status.js";
import { formatResourceName, type Problem } from "../../status/problem.js";
import type { DestinationPolicies } from "../choose-destination-policies.js";
import type { DeclaredProtocols } from "../declared-protocols.js";
import { covers } from "../edge/hosts.js";
import { serveCalls } from "../edge/serve-calls.js";
import type { ResolvedVirtualService } from "../resolve-virtual-service.js";
import type { ServiceIndex } from "../service-index.js";
import { stillInForce } from "../still-in-force.js";
import { type Attachment, attach, type NamespaceLabels } from "./attach.js";
import type { BackendFinder } from "./backends.js";
import { ourClasses } from "./classes.js";
import { type AttachedConnections, resolveConnections, tcpRoutesOf } from "./connection-routes.js";
import { grantedBy, type IsGranted } from "./grants.js";
import { draftListeners, isServed, type ListenerDraft } from "./listeners.js";
import { type AttachedRequests, resolveRequests, virtualHostsOf } from "./request-routes.js";
import { gatewayStatus, routeStatus } from "./statuses.js";

/** By which label Envoys say which Gateway of their namespace they are of. */
export const GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name";

/** The last good version, by name, of what has one: a Gateway's, or a route's. */
export type GatewayApiInForce = ReadonlyMap<string, unknown>;

export const NO_GATEWAY_API_IN_FORCE: GatewayApiInForce = new Map();

/** What else there is in the mesh. */
export interface GatewayApiSurroundings {
  readonly services: ServiceIndex;
  readonly declared: DeclaredProtocols;
  /** Of the RPC protocols, those that are in force. */
  readonly virtualServices: readonly ResolvedVirtualService[];
  readonly spoken: BackendFinder["spoken"];
  readonly policies: DestinationPolicies;
}

export interface BuiltGatewayApi {
  readonly gateways: readonly Gateway[];
  readonly statuses: readonly ApiStatus[];
  readonly problems: readonly Problem[];
  readonly inForce: GatewayApiInForce;
  /** Ports that routes of gRPC lead to. */
  readonly grpc: readonly Destination[];
}

/** A Gateway with its listeners. */
export interface GatewayDraft {
  /** As it was read last. */
  readonly resource: ApiGateway;
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly listeners: readonly ListenerDraft[];
}

/** Makes gateways of the Gateway API's Gateways and of the routes that name them as parents. */
export function buildGatewayApi(
  resources: readonly Resource[],
  surroundings: GatewayApiSurroundings,
  before: GatewayApiInForce,
): BuiltGatewayApi {
  const classes = ourClasses(ofKind(resources, "GatewayClass"));
  const ours = ofKind(resources, "Gateway.gateway.networking.k8s.io").filter(
    ({ spec }) => spec.className !== undefined && classes.names.has(spec.className),
  );
  const isNamed = surroundings.virtualServices.some(({ resource }) => (resource.spec.parents ?? []).length > 0);
  if (ours.length === 0 && !isNamed) {
    const { statuses, problems } = classes;
    return { gateways: [], statuses, problems, inForce: NO_GATEWAY_API_IN_FORCE, grpc: [] };
  }
  return new Build(resources, surroundings, before).of(ours, classes);
}

class Build {
  readonly #resources: readonly Resource[];
  readonly #surroundings: GatewayApiSurroundings;
  readonly #before: GatewayApiInForce;
  readonly #inForce = new Map<string, unknown>();
  readonly #isGranted: IsGranted;
  readonly #labelsOf: NamespaceLabels;
  readonly #problems: Problem[] = [];
  readonly #statuses: ApiStatus[] = [];
  readonly #requests = new Map<ListenerDraft, AttachedRequests[]>();
  readonly #connections = new Map<ListenerDraft, AttachedConnections[]>();
  readonly #calls = new Map<ListenerDraft, ResolvedVirtualService[]>();
  #gateways: readonly GatewayDraft[] = [];

  constructor(resources: readonly Resource[], surroundings: GatewayApiSurroundings, before: GatewayApiInForce) {
    this.#resources = resources;
    this.#surroundings = surroundings;
    this.#before = before;
    this.#isGranted = grantedBy(ofKind(resources, "ReferenceGrant"));
    const labels = new Map(ofKind(resources, "Namespace").map(({ name, spec }) => [name, spec.labels] as const));
    // Kubernetes gives this one to all.
    this.#labelsOf = (name) => ({ ...labels.get(name), "kubernetes.io/metadata.name": name });
  }

  of(ours: readonly ApiGateway[], classes: ReturnType<typeof ourClasses>): BuiltGatewayApi {
    const { declared } = this.#surroundings;
    this.#gateways = ours.map((resource): GatewayDraft => {
      const { namespace, name } = resource;
      const { addresses, listeners } = this.#good<CheckedGateway>(resource, resource.spec) ?? EMPTY;
      return {
        resource,
        namespace,
        name,
        addresses,
        listeners: draftListeners(resource, { addresses, listeners }, declared, this.#isGranted),
      };
    });
    for (const resource of this.#resources) {
      if (resource.kind === "HTTPRoute" || resource.kind === "GRPCRoute") this.#takeRequests(resource);
      if (resource.kind === "TCPRoute" || resource.kind === "TLSRoute") this.#takeConnections(resource);
    }
    for (const one of this.#surroundings.virtualServices) this.#takeCalls(one);
    const gateways = this.#gateways.map((draft) => this.#toGateway(draft));
    for (const draft of this.#gateways) {
      const told = gatewayStatus(draft, (listener) => this.#attachedTo(listener), this.#surroundings.services);
      this.#statuses.push(told.status);
      this.#problems.push(...told.problems);
    }
    return {
      gateways,
      statuses: [...classes.statuses, ...this.#statuses],
      problems: [...classes.problems, ...this.#problems],
      inForce: this.#inForce,
      grpc: [...this.#requests.values()]
        .flat()
        .filter(({ route }) => route.resource.kind === "GRPCRoute")
        .flatMap(({ route }) => route.rules.flatMap(({ destinations, mirrors }) => [...destinations, ...mirrors])),
    };
  }

  /** The resource's spec, or that of its last good version. */
  #good<Spec>(resource: Identified, { spec, faults }: Checked<Spec>): Spec | undefined {
    const key = formatResourceName(resource);
    const last = this.#before.get(key) as Spec | undefined;
    const found = faults.map(({ path, reason }) => problemOf(resource, path, reason));
    this.#problems.push(...(last === undefined ? found : found.map(stillInForce)));
    const good = spec ?? last;
    if (good !== undefined) this.#inForce.set(key, good);
    return good;
  }

  #attachedTo(draft: ListenerDraft): number {
    return [this.#requests, this.#connections, this.#calls].reduce(
      (sum, map) => sum + (map.get(draft)?.length ?? 0),
      0,
    );
  }

  #isOurs({ spec }: RequestRoute | ConnectionRoute): boolean {
    return spec.parents.some(
      ({ group, kind, namespace, name }) =>
        group === GATEWAY_API_GROUP &&
        kind === "Gateway" &&
        this.#gateways.some((one) => one.namespace === namespace && one.name === name),
    );
  }

  #takeRequests(resource: RequestRoute): void {
    if (!this.#isOurs(resource)) return;
    const spec = this.#good<HttpRouteSpec>(resource, resource.spec);
    const route = spec && resolveRequests(resource, spec, this.#finder);
    const found = this.#attach(resource, GATEWAY_API_GROUP, spec?.hostnames ?? [], resource.spec.parents);
    const attachments = found.map((one) => without(one, (draft, hosts) => this.#otherKindAt(draft, hosts, resource)));
    this.#tell(resource, attachments, route?.bad ?? []);
    if (route === undefined) return;
    for (const [draft, hosts] of placesOf(attachments)) put(this.#requests, draft, { route, hosts });
  }

  /** Of two routes for a host, one of gRPC and one of HTTP, a listener takes the older one. */
  #otherKindAt(draft: ListenerDraft, hosts: readonly string[], { kind }: RequestRoute): string | undefined {
    const other = (this.#requests.get(draft) ?? []).find(
      ({ route, hosts: theirs }) =>
        route.resource.kind !== kind &&
        theirs.some((one) => hosts.some((host) => covers(one, host) || covers(host, one))),
    );
    return other && `${formatResourceName(other.route.resource)} has its hosts at the listener ${draft.listener.name}`;
  }

  #takeConnections(resource: ConnectionRoute): void {
    if (!this.#isOurs(resource)) return;
    const spec = this.#good<ConnectionRouteSpec>(resource, resource.spec);
    const route = spec && resolveConnections(resource, spec, this.#finder);
    const found = this.#attach(resource, GATEWAY_API_GROUP, spec?.hostnames ?? [], resource.spec.parents);
    const attachments = found.map((one) => without(one, (draft) => this.#firstAt(draft)));
    this.#tell(resource, attachments, route?.bad ?? []);
    if (route === undefined) return;
    for (const [draft, hosts] of placesOf(attachments)) put(this.#connections, draft, { route, hosts });
  }

  /** Connections without TLS are not told apart. */
  #firstAt(draft: ListenerDraft): string | undefined {
    const first = draft.tls === undefined ? this.#connections.get(draft)?.[0] : undefined;
    return (
      first &&
      `all connections of the listener ${draft.listener.name} are those of ${formatResourceName(first.route.resource)}`
    );
  }

  #takeCalls(virtualService: ResolvedVirtualService): void {
    const { resource, protocol } = virtualService;
    if (resource.kind !== "VirtualService") return;
    const { parents = [] } = resource.spec;
    const found = this.#attach(resource, MELTEMI_GROUP, [], parents);
    const attachments = found.map((one) =>
      without(one, ({ carried, listener }) => {
        const spoken = carried?.kind === "rpc" ? carried.protocol : undefined;
        return spoken === protocol ? undefined : `the listener ${listener.name} speaks ${spoken}, and not ${protocol}`;
      }),
    );
    if (attachments.length > 0) this.#tell(resource, attachments, []);
    for (const { path, group, kind, namespace, name } of parents) {
      if (attachments.some(({ parent }) => parent.path === path)) continue;
      const reason =
        group === GATEWAY_API_GROUP && kind === "Gateway"
          ? `there is no Gateway ${namespace}/${name} of a class of Meltemi's`
          : `${kind} of ${group || "core"}: a VirtualService's parents are Gateways of ${GATEWAY_API_GROUP}`;
      this.#problems.push(missingReference(resource, path, reason));
    }
    for (const [draft] of placesOf(attachments)) put(this.#calls, draft, virtualService);
  }

  #attach(
    { kind, namespace }: Identified,
    group: string,
    hostnames: readonly string[],
    parents: Parameters<typeof attach>[1],
  ): readonly Attachment[] {
    return attach({ kind: { group, kind }, namespace, hostnames }, parents, this.#gateways, this.#labelsOf);
  }

  #tell(resource: Identified, attachments: readonly Attachment[], bad: Parameters<typeof routeStatus>[2]): void {
    const faults = "faults" in (resource as RequestRoute).spec ? (resource as RequestRoute).spec.faults : [];
    const { status, problems } = routeStatus(resource, attachments, bad, faults);
    this.#statuses.push(status);
    this.#problems.push(...problems);
  }

  get #finder(): BackendFinder {
    const { services, spoken } = this.#surroundings;
    return { services, spoken, isGranted: this.#isGranted };
  }

  #toGateway({ resource, namespace, name, listeners }: GatewayDraft): Gateway {
    return {
      namespace,
      name,
      origin: formatResourceName(resource),
      nodes: { labels: { [GATEWAY_LABEL]: name }, namespace },
      servers: listeners.filter(isServed).map((draft) => this.#toServer(draft)),
    };
  }

  #toServer(draft: ListenerDraft): GatewayServer {
    const { listener, carried, tls } = draft;
    // Without TLS nothing says a host but a request.
    const hosts = [(carried?.kind === "http" || tls !== undefined ? listener.hostname : undefined) ?? "*"];
    return { name: listener.name, port: listener.port, hosts, ...(tls && { tls }), traffic: this.#traffic(draft) };
  }

  #traffic(draft: ListenerDraft): GatewayTraffic {
    const { carried } = draft;
    switch (carried?.kind) {
      case "rpc":
        return this.#serveCalls(draft, carried.protocol);
      case "http":
        return { kind: "http", virtualHosts: virtualHostsOf(draft, this.#requests.get(draft) ?? []) };
      default:
        return { kind: "tcp", routes: tcpRoutesOf(draft, this.#connections.get(draft) ?? []) };
    }
  }

  #serveCalls(draft: ListenerDraft, protocol: string): RpcTraffic {
    const by = this.#calls.get(draft) ?? [];
    const { traffic, problems } = serveCalls(protocol, draft.listener.port, by, this.#surroundings);
    this.#problems.push(...problems);
    return traffic;
  }
}

const EMPTY: CheckedGateway = { listeners: [], addresses: [] };

/** Without the listeners that do not take the route all the same; `reason` says why. */
function without(
  attachment: Attachment,
  reason: (draft: ListenerDraft, hosts: readonly string[]) => string | undefined,
): Attachment {
  const { at, accepted } = attachment;
  const kept = at.filter(({ draft, hosts }) => reason(draft, hosts) === undefined);
  if (kept.length > 0 || !holds(accepted)) return { ...attachment, at: kept };
  const [first] = at;
  const message = first && reason(first.draft, first.hosts);
  return { ...attachment, accepted: outcome("Accepted", "False", "NotAllowedByListeners", message), at: [] };
}

/** Two `parentRefs` may lead to one listener. */
function placesOf(attachments: readonly Attachment[]): ReadonlyMap<ListenerDraft, readonly string[]> {
  return new Map(attachments.flatMap(({ at }) => at.map(({ draft, hosts }) => [draft, hosts] as const)));
}

function put<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
