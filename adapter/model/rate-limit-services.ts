import type { Mesh, ServicePort } from "./model.js";

/** Ports of services that routes have asked about their calls: `HOST:PORT`. */
export function rateLimitServices({ listeners }: Mesh): ReadonlySet<string> {
  const routes = listeners.flatMap(({ virtualHosts }) => virtualHosts).flatMap((virtualHost) => virtualHost.routes);
  return new Set(
    routes.flatMap(({ policy }) => {
      const service = policy?.globalRateLimit?.service;
      return service ? [portOfService(service.host, service.port)] : [];
    }),
  );
}

export function portOfService(host: string, port: ServicePort["number"]): string {
  return `${host}:${port}`;
}
