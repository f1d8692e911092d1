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
}

/** Names of ports as Istio writes them: `dubbo`, `dubbo-main`, `tcp-dubbo`. */
const PREFIXES = ["", "tcp-"];

/** What Aeraki's ports begin with: `tcp-metaprotocol-dubbo-main`. */
const AERAKI = "tcp-metaprotocol-";

/** Aeraki's names of what reads a protocol. */
const AERAKI_CODECS: ReadonlyMap<string, string> = new Map(
  CODECS.map((protocol) => [`aeraki.meta_protocol.codec.${protocol}`, protocol]),
);

/** The RPC protocol that a port's own protocol says, else its name. Undefined where it is none that this build speaks. */
export function portProtocol(
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
  return { names: { known, ofAeraki }, problems };
}
