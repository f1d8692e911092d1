import { type HttpProtocol, isHttp } from "../model/http.js";
import { CODECS, PROTOCOLS } from "../model/protocols.js";
import { type ApplicationProtocol, problemOf } from "../resource/resource.js";
import type { Problem } from "../status/problem.js";
import type { DeclaredProtocols } from "./declared-protocols.js";

/** What names of ports mean. */
export interface ProtocolNames {
  /** What a port may speak by its name, longer names first. */
  readonly known: readonly string[];
  /** Protocols by the names that Aeraki's ports have for them, where those are others. */
  readonly ofAeraki: ReadonlyMap<string, string>;
  /** Whether those of HTTP are among them. */
  readonly http: boolean;
}

/** Names of ports as Istio writes them: `dubbo`, `dubbo-main`, `tcp-dubbo`. */
const PREFIXES = ["", "tcp-"];

/** What Aeraki's ports begin with: `tcp-metaprotocol-dubbo-main`. */
const AERAKI = "tcp-metaprotocol-";

/** Aeraki's names of what reads a protocol. */
const AERAKI_CODECS: ReadonlyMap<string, string> = new Map(
  CODECS.map((protocol) => [`aeraki.meta_protocol.codec.${protocol}`, protocol]),
);

/** The RPC protocol, or one of HTTP, that a port's own protocol says, else its name. Undefined where it is none of them. */
export function portProtocol(
  port: { readonly name: string; readonly protocol: string | undefined },
  names: ProtocolNames,
): string | undefined {
  const http = names.http ? httpProtocol(port) : undefined;
  // What the port says by itself counts more than its name.
  if (http !== undefined && port.protocol !== undefined) return http;
  return rpcProtocol(port, names) ?? http;
}

/** Kubernetes' names of application protocols. */
const APP_PROTOCOLS: ReadonlyMap<string, HttpProtocol> = new Map([
  ["kubernetes.io/h2c", "http2"],
  ["kubernetes.io/ws", "http"],
]);

/** By Istio's rules: the port's protocol where it has one, else its name, as far as the first `-`. */
function httpProtocol({
  name,
  protocol,
}: {
  readonly name: string;
  readonly protocol: string | undefined;
}): HttpProtocol | undefined {
  const said = (protocol ?? name).toLowerCase();
  const known = APP_PROTOCOLS.get(said);
  if (known !== undefined) return known;
  if (said.startsWith("grpc-web")) return "grpc-web";
  const [prefix = ""] = said.split("-");
  return isHttp(prefix) ? prefix : undefined;
}

function rpcProtocol(
  port: { readonly name: string; readonly protocol: string | undefined },
  { known, ofAeraki }: ProtocolNames,
): string | undefined {
  const said = port.protocol?.toLowerCase();
  const name = port.name.toLowerCase();
  const byName = (one: string | undefined) => known.find((protocol) => protocol.toLowerCase() === one);
  const ofProtocol = byName(said);
  if (ofProtocol !== undefined) return ofProtocol;
  const meant = aerakiName(name);
  if (meant !== undefined) return byName(meant) ?? ofAeraki.get(meant);
  return known.find((protocol) =>
    PREFIXES.some((prefix) => {
      const whole = prefix + protocol.toLowerCase();
      return name === whole || name.startsWith(`${whole}-`);
    }),
  );
}

/** The protocol that the name of one of Aeraki's ports says; undefined: it is none of those. */
export function aerakiName(port: string): string | undefined {
  return port.startsWith(AERAKI) ? port.slice(AERAKI.length).split("-")[0] : undefined;
}

/** Of protocols that this build has no codec for nothing is said before a port has them. */
export function protocolNames(
  resources: readonly ApplicationProtocol[],
  declared: DeclaredProtocols,
  http: boolean,
): {
  readonly names: ProtocolNames;
  readonly problems: readonly Problem[];
} {
  const ofAeraki = new Map<string, string>();
  const problems: Problem[] = [];
  for (const resource of resources) {
    const { codec } = resource.spec;
    if (codec === undefined) continue;
    const protocol = resource.spec.protocol.toLowerCase();
    const known = AERAKI_CODECS.get(codec);
    if (PROTOCOLS.includes(protocol) && known !== protocol) {
      const reason = `${codec}: ports named ${AERAKI}${protocol} are read as ${protocol} all the same; give the protocol another name`;
      problems.push(problemOf(resource, ["spec", "codec"], reason));
    } else if (known !== undefined) ofAeraki.set(protocol, known);
  }
  const known = [...PROTOCOLS, ...declared.keys()].sort((a, b) => b.length - a.length);
  return { names: { known, ofAeraki, http }, problems };
}
