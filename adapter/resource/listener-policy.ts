import { isIP } from "node:net";
import type { DownstreamTls, ListenerSettings, RoutePolicy } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import { optionalDuration_ms } from "./duration.js";
import { parsePolicy, type WrittenPolicy } from "./policies/parse-policy.js";
import type { Report } from "./report.js";

export type WrittenMode = "CALL" | "CONNECTION" | "OBSERVE" | "AUTO";

/** The spec of a ListenerPolicy with its defaults filled in. */
export interface ListenerPolicySpec {
  readonly protocol: string;
  readonly port: number;
  readonly mode: WrittenMode;
  readonly settings: ListenerSettings;
  readonly tls: DownstreamTls | undefined;
  /** It is for the listener before the service itself. */
  readonly inbound: InboundSpec | undefined;
}

export interface InboundSpec {
  readonly bind: string;
  readonly defaultEndpoint: string | undefined;
  readonly policy: RoutePolicy | undefined;
}

interface WrittenInbound extends WrittenPolicy {
  readonly bind?: string;
  readonly defaultEndpoint?: string;
}

interface WrittenSpec {
  readonly protocol: string;
  readonly port: number;
  readonly mode?: WrittenMode;
  readonly maxMessageBytes?: number;
  readonly maxConnectionAge?: string;
  readonly idleTimeout?: string;
  readonly tunnelIdleTimeout?: string;
  readonly tls?: DownstreamTls;
  readonly inbound?: WrittenInbound;
}

/** The filter looks at its connections once a second. */
const TICK_MS = 1000;

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseListenerPolicy(spec: unknown, report: Report): ListenerPolicySpec {
  const { protocol, port, mode = "CALL", maxMessageBytes, tls, inbound, ...written } = spec as WrittenSpec;
  const time_ms = (field: "maxConnectionAge" | "idleTimeout" | "tunnelIdleTimeout") =>
    optionalDuration_ms(written[field], TICK_MS, ["spec", field], report);
  const maxConnectionAge_ms = time_ms("maxConnectionAge");
  const idleTimeout_ms = time_ms("idleTimeout");
  const tunnelIdleTimeout_ms = time_ms("tunnelIdleTimeout");
  if ((mode === "CONNECTION" || mode === "OBSERVE") && tunnelIdleTimeout_ms !== undefined) {
    report(["spec", "tunnelIdleTimeout"], `mode ${mode} has no tunnels: only CALL has`);
  }
  if (tls !== undefined) reportTls(tls, ["spec", "tls"], report);
  return {
    protocol,
    port,
    mode,
    settings: {
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
      ...(maxConnectionAge_ms !== undefined && { maxConnectionAge_ms }),
      ...(idleTimeout_ms !== undefined && { idleTimeout_ms }),
      ...(tunnelIdleTimeout_ms !== undefined && { tunnelIdleTimeout_ms }),
    },
    tls,
    inbound: inbound && parseInbound(inbound, mode, report),
  };
}

/** Where nothing else is said. */
const ANY_ADDRESS = "0.0.0.0";

function parseInbound(
  { bind = ANY_ADDRESS, defaultEndpoint, ...policy }: WrittenInbound,
  mode: WrittenMode,
  report: Report,
): InboundSpec {
  const path = ["spec", "inbound"];
  if (mode !== "CALL") report(["spec", "mode"], "what is asked of single calls at the inbound side needs CALL");
  if (isIP(bind) === 0) report([...path, "bind"], `${bind}: must be an IP address`);
  if (defaultEndpoint !== undefined && !isSocketAddress(defaultEndpoint)) {
    report([...path, "defaultEndpoint"], `${defaultEndpoint}: must be IP:PORT, such as 127.0.0.1:20890 or [::1]:20890`);
  }
  return { bind, defaultEndpoint, policy: parsePolicy(policy, path, report) };
}

function isSocketAddress(text: string): boolean {
  const [, ip6, ip4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const isAddress = ip6 === undefined ? isIP(ip4 ?? "") === 4 : isIP(ip6) === 6;
  return isAddress && Number(port) >= 1 && Number(port) <= 65_535;
}

function reportTls(tls: DownstreamTls, path: FieldPath, report: Report): void {
  const { mode, caCertificates } = tls;
  if (mode === "MUTUAL" && caCertificates === undefined) report(path, "mode MUTUAL needs caCertificates");
  if (mode === "MUTUAL") return;
  for (const field of ["caCertificates", "subjectAltNames"] as const) {
    if (tls[field] === undefined) continue;
    report([...path, field], `mode ${mode} asks no client for a certificate: write MUTUAL, or leave ${field} out`);
  }
}
