import type {
  ConnectionPool,
  HttpConnectionPool,
  LoadBalancer,
  OutlierDetection,
  TrafficPolicy,
  UpstreamTls,
} from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import { optionalDuration_ms } from "./duration.js";
import type { Report } from "./report.js";

interface WrittenPolicy {
  readonly loadBalancer?: WrittenLoadBalancer;
  readonly connectionPool?: WrittenConnectionPool;
  readonly outlierDetection?: WrittenOutlierDetection;
  readonly tls?: UpstreamTls;
  readonly portLevelSettings?: readonly (WrittenPolicy & { readonly port: { readonly number: number } })[];
}

interface WrittenLoadBalancer {
  readonly simple?: "UNSPECIFIED" | "LEAST_CONN" | "RANDOM" | "ROUND_ROBIN" | "LEAST_REQUEST";
  readonly consistentHash?: {
    readonly useSourceIp?: boolean;
    readonly httpHeaderName?: string;
    readonly ringHash?: { readonly minimumRingSize?: number };
    readonly maglev?: { readonly tableSize?: number };
  };
}

interface WrittenConnectionPool {
  readonly tcp?: {
    readonly maxConnections?: number;
    readonly connectTimeout?: string;
    readonly tcpKeepalive?: { readonly probes?: number; readonly time?: string; readonly interval?: string };
  };
  readonly http?: WrittenHttpPool;
}

interface WrittenHttpPool {
  readonly http1MaxPendingRequests?: number;
  readonly http2MaxRequests?: number;
  readonly maxRequestsPerConnection?: number;
  readonly maxRetries?: number;
  readonly idleTimeout?: string;
  readonly h2UpgradePolicy?: "DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE";
  readonly useClientProtocol?: boolean;
  readonly maxConcurrentStreams?: number;
}

interface WrittenOutlierDetection {
  readonly consecutive5xxErrors?: number;
  readonly consecutiveGatewayErrors?: number;
  readonly interval?: string;
  readonly baseEjectionTime?: string;
  readonly maxEjectionPercent?: number;
  readonly minHealthPercent?: number;
}

export function parseTrafficPolicy(written: unknown, path: FieldPath, report: Report): TrafficPolicy {
  const policy = (written ?? {}) as WrittenPolicy;
  const { portLevelSettings = [] } = policy;
  const ports: Record<number, Omit<TrafficPolicy, "ports">> = {};
  portLevelSettings.forEach((settings, index) => {
    const at = [...path, "portLevelSettings", index];
    const { number } = settings.port;
    if (ports[number] !== undefined) report([...at, "port", "number"], `port ${number} stands here twice`);
    ports[number] = parseSettings(settings, at, report);
  });
  return { ...parseSettings(policy, path, report), ...(portLevelSettings.length > 0 && { ports }) };
}

function parseSettings(policy: WrittenPolicy, path: FieldPath, report: Report): Omit<TrafficPolicy, "ports"> {
  const { loadBalancer, connectionPool, outlierDetection, tls } = policy;
  const balancer = loadBalancer && parseLoadBalancer(loadBalancer, [...path, "loadBalancer"], report);
  if (tls !== undefined) reportTls(tls, [...path, "tls"], report);
  return {
    ...(balancer && { loadBalancer: balancer }),
    ...(connectionPool && {
      connectionPool: parseConnectionPool(connectionPool, [...path, "connectionPool"], report),
    }),
    ...(outlierDetection && {
      outlierDetection: parseOutlierDetection(outlierDetection, [...path, "outlierDetection"], report),
    }),
    ...(tls && { tls }),
  };
}

function parseLoadBalancer(written: WrittenLoadBalancer, path: FieldPath, report: Report): LoadBalancer | undefined {
  const { simple, consistentHash } = written;
  if (simple !== undefined && consistentHash !== undefined) {
    report(path, "either simple or consistentHash: a load balancer cannot be both");
  }
  if (consistentHash === undefined) {
    if (simple === undefined || simple === "UNSPECIFIED") return undefined;
    return { kind: simple === "LEAST_CONN" ? "LEAST_REQUEST" : simple };
  }
  const { useSourceIp, httpHeaderName: attribute, ringHash, maglev } = consistentHash;
  const at = [...path, "consistentHash"];
  if (useSourceIp !== true && attribute === undefined) {
    report(at, "what is to be hashed? Write useSourceIp: true, or httpHeaderName with the name of an attribute");
  }
  if (useSourceIp === true && attribute !== undefined) report(at, "either useSourceIp or httpHeaderName, not both");
  const key = attribute !== undefined && { attribute };
  if (ringHash !== undefined && maglev !== undefined) report(at, "either ringHash or maglev, not both");
  if (maglev === undefined) {
    const minimumRingSize = ringHash?.minimumRingSize;
    return { kind: "RING_HASH", ...key, ...(minimumRingSize !== undefined && { minimumRingSize }) };
  }
  const { tableSize } = maglev;
  if (tableSize !== undefined && !isPrime(tableSize)) {
    report([...at, "maglev", "tableSize"], `${tableSize}: must be a prime number; 65537 is the default`);
  }
  return { kind: "MAGLEV", ...key, ...(tableSize !== undefined && { tableSize }) };
}

function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor++) if (number % factor === 0) return false;
  return number > 1;
}

function parseConnectionPool(written: WrittenConnectionPool, path: FieldPath, report: Report): ConnectionPool {
  const { maxConnections, connectTimeout, tcpKeepalive } = written.tcp ?? {};
  const at = [...path, "tcp"];
  const connect_timeout_ms = optionalDuration_ms(connectTimeout, 1, [...at, "connectTimeout"], report);
  const keepalive = tcpKeepalive && parseKeepalive(tcpKeepalive, [...at, "tcpKeepalive"], report);
  return {
    ...(maxConnections !== undefined && { maxConnections }),
    ...(connect_timeout_ms !== undefined && { connect_timeout_ms }),
    ...(keepalive && { tcpKeepalive: keepalive }),
    ...(written.http && { http: parseHttpPool(written.http, [...path, "http"], report) }),
  };
}

function parseHttpPool(written: WrittenHttpPool, path: FieldPath, report: Report): HttpConnectionPool {
  const { http1MaxPendingRequests, http2MaxRequests, idleTimeout, h2UpgradePolicy, useClientProtocol, ...counts } =
    written;
  const idleTimeout_ms = optionalDuration_ms(idleTimeout, 1, [...path, "idleTimeout"], report);
  if (useClientProtocol === true && h2UpgradePolicy === "UPGRADE") {
    report([...path, "h2UpgradePolicy"], "either that or useClientProtocol, not both");
  }
  return {
    ...counts,
    ...(http1MaxPendingRequests !== undefined && { maxPendingRequests: http1MaxPendingRequests }),
    ...(http2MaxRequests !== undefined && { maxRequests: http2MaxRequests }),
    ...(idleTimeout_ms !== undefined && { idleTimeout_ms }),
    ...(h2UpgradePolicy === "UPGRADE" && { upgradesToHttp2: true }),
    ...(useClientProtocol === true && { usesClientProtocol: true }),
  };
}

function parseKeepalive(
  written: { readonly probes?: number; readonly time?: string; readonly interval?: string },
  path: FieldPath,
  report: Report,
): NonNullable<ConnectionPool["tcpKeepalive"]> {
  const { probes } = written;
  const time_ms = optionalDuration_ms(written.time, 1000, [...path, "time"], report);
  const interval_ms = optionalDuration_ms(written.interval, 1000, [...path, "interval"], report);
  return {
    ...(probes !== undefined && { probes }),
    ...(time_ms !== undefined && { time_s: Math.floor(time_ms / 1000) }),
    ...(interval_ms !== undefined && { interval_s: Math.floor(interval_ms / 1000) }),
  };
}

function parseOutlierDetection(written: WrittenOutlierDetection, path: FieldPath, report: Report): OutlierDetection {
  const { consecutive5xxErrors, consecutiveGatewayErrors, maxEjectionPercent, minHealthPercent } = written;
  const interval_ms = optionalDuration_ms(written.interval, 1, [...path, "interval"], report);
  const baseEjectionTime_ms = optionalDuration_ms(written.baseEjectionTime, 1, [...path, "baseEjectionTime"], report);
  return {
    ...(consecutive5xxErrors !== undefined && { consecutive5xx: consecutive5xxErrors }),
    ...(consecutiveGatewayErrors !== undefined && { consecutiveGatewayErrors }),
    ...(interval_ms !== undefined && { interval_ms }),
    ...(baseEjectionTime_ms !== undefined && { baseEjectionTime_ms }),
    ...(maxEjectionPercent !== undefined && { maxEjectionPercent }),
    ...(minHealthPercent !== undefined && { minHealthPercent }),
  };
}

function reportTls(tls: UpstreamTls, path: FieldPath, report: Report): void {
  const { mode, clientCertificate, privateKey } = tls;
  if (mode === "MUTUAL" && (clientCertificate === undefined || privateKey === undefined)) {
    report(path, "mode MUTUAL needs clientCertificate and privateKey");
  }
  if (mode !== "MUTUAL" && (clientCertificate !== undefined || privateKey !== undefined)) {
    report(
      path,
      `mode ${mode} takes no client certificate: write MUTUAL, or leave clientCertificate and privateKey out`,
    );
  }
}
