import { destinationsOf } from "../model/destinations.js";
import { isHttp } from "../model/http.js";
import { conflict, type IstioVirtualService, mention, type Router } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";
import type { ResolvedHttp } from "./http/resolve.js";
import type { ResolvedVirtualService } from "./resolve-virtual-service.js";
import type { ServiceIndex } from "./service-index.js";

/** What a VirtualService says of a port. */
interface Claim {
  readonly host: string;
  readonly port: number;
  readonly protocol: string;
}

/** What each port of each service speaks: what a VirtualService says, else what the port says. */
export class PortProtocols {
  readonly problems: Problem[] = [];
  readonly #services: ServiceIndex;
  readonly #said = new Map<string, { readonly protocol: string; readonly by: Router | IstioVirtualService }>();

  readonly #presumed = new Map<string, string>();

  constructor(services: ServiceIndex) {
    this.#services = services;
  }

  of(host: string, port: number): string | undefined {
    const key = `${host}:${port}`;
    return this.#said.get(key)?.protocol ?? this.#ownOf(host, port) ?? this.#presumed.get(key);
  }

  /** Of a port of which nothing else is said. */
  presume(host: string, port: number, protocol: string): void {
    if (this.of(host, port) === undefined) this.#presumed.set(`${host}:${port}`, protocol);
  }

  #ownOf(host: string, port: number): string | undefined {
    return this.#services.get(host)?.ports.find(({ number }) => number === port)?.protocol;
  }

  /** False where another VirtualService has said otherwise of the same port. */
  take(resolved: ResolvedVirtualService | ResolvedHttp): boolean {
    const { resource } = resolved;
    const claims = "protocol" in resolved ? rpcClaims(resolved) : this.#httpClaims(resolved);
    for (const { host, port, protocol } of claims) {
      const said = this.#said.get(`${host}:${port}`);
      if (said === undefined || said.protocol === protocol || (isHttp(said.protocol) && isHttp(protocol))) continue;
      const reason = `protocol ${protocol}: port ${port} of ${host} speaks ${said.protocol} by ${mention(said.by)}`;
      const says = resource.kind === "VirtualService" && resource.spec.protocol !== undefined;
      this.problems.push(conflict(resource, says ? ["spec", "protocol"] : ["spec"], reason));
      return false;
    }
    for (const { host, port, protocol } of claims) this.#said.set(`${host}:${port}`, { protocol, by: resource });
    return true;
  }

  /** A port that says itself which HTTP it speaks is right about it. */
  #httpClaims({ resource, routes }: ResolvedHttp): readonly Claim[] {
    const said = (resource.kind === "VirtualService" && resource.spec.protocol) || "http";
    const targets = routes.flatMap(({ destinations, mirrors }) => [...destinations, ...mirrors]);
    return targets.flatMap(({ host, port }): readonly Claim[] => {
      if (port === undefined) return [];
      const own = this.#ownOf(host, port);
      // Istio's says nothing of ports: only that of one without a protocol HTTP is expected.
      if (resource.kind !== "VirtualService" && own === undefined) return [];
      return [{ host, port, protocol: isHttp(own) ? own : said }];
    });
  }
}

function rpcClaims({ protocol, routes }: ResolvedVirtualService): readonly Claim[] {
  const destinations = routes.flatMap(({ route }) => destinationsOf(route));
  return destinations.map(({ host, port }) => ({ host, port, protocol }));
}
