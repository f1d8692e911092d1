import type { Mesh, ServicePort } from "./model.js";

/** Ports of services that routes have asked about their calls: `HOST:PORT`. */
export function rateLimitServices({ listeners, http = [] }: Mesh): ReadonlySet<string> {
  const policies = [
    ...listeners
      .flatMap(({ virtualHosts }) => virtualHosts)
      .flatMap(({ routes }) => routes.map(({ policy }) => policy)),
    ...http.flatMap(({ virtualHosts }) => virtualHosts).flatMap(({ routes }) => routes.map(({ policy }) => policy)),
  ];
  return new Set(
    policies.flatMap((policy) => {
      const service = policy?.globalRateLimit?.service;
      return service ? [portOfService(service.host, service.port)] : [];
    }),
  );
}

export function portOfService(host: string, port: ServicePort["number"]): string {
  return `${host}:${port}`;
}
