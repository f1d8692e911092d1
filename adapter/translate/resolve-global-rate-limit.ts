import type { GlobalRateLimit } from "../model/model.js";
import type { GlobalRateLimitSpec } from "../resource/policies/global-rate-limit.js";
import type { Report } from "../resource/report.js";
import type { TargetSpec } from "../resource/virtual-service.js";
import type { FieldPath } from "../status/field-path.js";
import { describePorts, type ServiceDraft } from "./service-index.js";

/** With the service that it names; undefined: there is none. */
export function resolveGlobalRateLimit<Limit extends Pick<GlobalRateLimitSpec, "service" | "path">>(
  { service: named, path, ...limit }: Limit,
  findService: (target: TargetSpec, path: FieldPath) => ServiceDraft | undefined,
  report: Report,
): (Omit<Limit, "service" | "path"> & Pick<GlobalRateLimit, "service">) | undefined {
  const service = findService({ ...named, subset: undefined }, path);
  if (service === undefined) return undefined;
  const [only, ...others] = service.ports;
  const port = named.port ?? (others.length === 0 ? only?.number : undefined);
  if (port === undefined) {
    report(path, `port is needed here: ${service.host} has the ports ${describePorts(service)}`);
    return undefined;
  }
  return { service: { host: service.host, port }, ...limit };
}
