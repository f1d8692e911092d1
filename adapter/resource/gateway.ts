import { isIP } from "node:net";
import type { GatewayTls, TerminatedTls, TlsVersion } from "../model/gateway.js";
import type { FieldPath } from "../status/field-path.js";
import type { Report } from "./report.js";

export interface GatewaySpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly servers: readonly GatewayServerSpec[];
}

export interface GatewayServerSpec {
  readonly number: number;
  /** Of the port. */
  readonly name: string;
  /** As it is written; undefined: the port's name says it, if anything does. */
  readonly protocol: string | undefined;
  readonly targetPort: number | undefined;
  readonly bind: string | undefined;
  readonly hosts: readonly GatewayHost[];
  readonly tls: GatewayTls | undefined;
  readonly httpsRedirect: boolean;
}

/** Names that are served, and of which namespaces VirtualServices may be that say what becomes of them. */
export interface GatewayHost {
  /** `*` any, `.` the Gateway's own. */
  readonly namespace: string;
  readonly host: string;
}

interface WrittenSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly servers: readonly WrittenServer[];
}

interface WrittenServer {
  readonly port: {
    readonly number: number;
    readonly protocol: string;
    readonly name?: string;
    readonly targetPort?: number;
  };
  readonly bind?: string;
  readonly hosts: readonly string[];
  readonly tls?: WrittenTls;
}

interface WrittenTls {
  readonly mode?: "SIMPLE" | "MUTUAL" | "PASSTHROUGH";
  readonly httpsRedirect?: boolean;
  readonly serverCertificate?: string;
  readonly privateKey?: string;
  readonly caCertificates?: string;
  readonly subjectAltNames?: readonly string[];
  readonly minProtocolVersion?: WrittenVersion;
  readonly maxProtocolVersion?: WrittenVersion;
  readonly cipherSuites?: readonly string[];
}

type WrittenVersion = "TLS_AUTO" | "TLSV1_0" | "TLSV1_1" | "TLSV1_2" | "TLSV1_3";

const VERSIONS: Readonly<Record<WrittenVersion, TlsVersion | undefined>> = {
  TLS_AUTO: undefined,
  TLSV1_0: "1.0",
  TLSV1_1: "1.1",
  TLSV1_2: "1.2",
  TLSV1_3: "1.3",
};

/** What Istio's ports speak by these words is HTTP without TLS. */
export const PLAIN_HTTP: readonly string[] = ["HTTP", "HTTP2", "GRPC", "GRPC-WEB"];

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseGateway(spec: unknown, report: Report): GatewaySpec {
  const { selector = {}, servers } = spec as WrittenSpec;
  return { selector, servers: servers.map((one, index) => parseServer(one, ["spec", "servers", index], report)) };
}

function parseServer(
  { port, bind, hosts, tls = {} }: WrittenServer,
  path: FieldPath,
  report: Report,
): GatewayServerSpec {
  const { number, name = "", protocol, targetPort = 0 } = port;
  const word = protocol.toUpperCase();
  const { httpsRedirect = false, ...settings } = tls;
  if (bind !== undefined && isIP(bind) === 0) report([...path, "bind"], `${bind}: must be an IP address`);
  const isPlain = PLAIN_HTTP.includes(word) || word === "TCP";
  const hasSettings = Object.keys(settings).length > 0;
  if (httpsRedirect && !PLAIN_HTTP.includes(word)) {
    report([...path, "tls", "httpsRedirect"], `${protocol} has nothing to redirect: it is for HTTP without TLS`);
  }
  if (isPlain && hasSettings) {
    const secured = word === "TCP" ? "TLS" : "HTTPS";
    report([...path, "tls"], `a port of ${protocol} is without TLS: write protocol ${secured}, or leave tls out`);
  }
  if ((word === "HTTPS" || word === "TLS") && !hasSettings) {
    report([...path, "tls"], `a port of ${protocol} needs tls, with a mode`);
  }
  return {
    number,
    name,
    protocol,
    targetPort: targetPort === 0 ? undefined : targetPort,
    bind,
    hosts: hosts.map(parseHost),
    tls: hasSettings && !isPlain ? parseTls(settings, [...path, "tls"], report) : undefined,
    httpsRedirect,
  };
}

function parseHost(written: string): GatewayHost {
  const slash = written.indexOf("/");
  return { namespace: slash < 0 ? "*" : written.slice(0, slash), host: written.slice(slash + 1) };
}

function parseTls(written: Omit<WrittenTls, "httpsRedirect">, path: FieldPath, report: Report): GatewayTls | undefined {
  const { mode, subjectAltNames, cipherSuites } = written;
  if (mode === undefined) {
    report([...path, "mode"], "is needed: SIMPLE, MUTUAL or PASSTHROUGH");
    return undefined;
  }
  if (mode === "PASSTHROUGH") {
    for (const field of Object.keys(written).filter((one) => one !== "mode")) {
      report([...path, field], "PASSTHROUGH ends no TLS here: leave it out");
    }
    return { mode: "passthrough" };
  }
  const certificate = filesOf(written, path, report);
  const clients = clientsOf(written, path, report);
  const minimumVersion = written.minProtocolVersion && VERSIONS[written.minProtocolVersion];
  const maximumVersion = written.maxProtocolVersion && VERSIONS[written.maxProtocolVersion];
  if (Number(minimumVersion ?? "1.2") > Number(maximumVersion ?? "1.3")) {
    report([...path, "maxProtocolVersion"], "is before minProtocolVersion, which is TLS 1.2 where nothing is said");
  }
  if (mode === "SIMPLE" && subjectAltNames !== undefined) {
    report([...path, "subjectAltNames"], "mode SIMPLE asks no client for a certificate: write MUTUAL");
  }
  if (certificate === undefined) return undefined;
  return {
    mode: "terminate",
    ...certificate,
    ...(clients && { clients }),
    ...(minimumVersion && { minimumVersion }),
    ...(maximumVersion && { maximumVersion }),
    ...(cipherSuites && { cipherSuites }),
  };
}

function filesOf(
  { mode, serverCertificate, privateKey }: WrittenTls,
  path: FieldPath,
  report: Report,
): Pick<TerminatedTls, "certificate" | "privateKey"> | undefined {
  if (serverCertificate !== undefined && privateKey !== undefined)
    return { certificate: serverCertificate, privateKey };
  report(path, `mode ${mode} needs serverCertificate and privateKey, files on the gateway's machine`);
  return undefined;
}

function clientsOf(
  { mode, caCertificates, subjectAltNames }: WrittenTls,
  path: FieldPath,
  report: Report,
): TerminatedTls["clients"] {
  if (mode === "MUTUAL" && caCertificates === undefined) report(path, "mode MUTUAL needs caCertificates");
  if (mode !== "MUTUAL" && caCertificates !== undefined)
    report([...path, "caCertificates"], `mode ${mode} asks no client for a certificate: write MUTUAL`);
  if (mode !== "MUTUAL" || caCertificates === undefined) return undefined;
  return { authorities: caCertificates, ...(subjectAltNames && { subjectAltNames }) };
}
