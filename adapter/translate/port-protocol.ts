import { PROTOCOLS } from "../model/protocols.js";

/** Names of ports as Istio writes them, and Aeraki: `dubbo`, `dubbo-main`, `tcp-dubbo`, `tcp-metaprotocol-dubbo-main`. */
const PREFIXES = ["", "tcp-", "tcp-metaprotocol-"];

/** The RPC protocol that a port's own protocol says, else its name. Undefined where it is none that this build speaks. */
export function portProtocol(port: {
  readonly name: string;
  readonly protocol: string | undefined;
}): string | undefined {
  const said = port.protocol?.toLowerCase();
  const name = port.name.toLowerCase();
  return (
    PROTOCOLS.find((protocol) => protocol === said) ??
    PROTOCOLS.find((protocol) =>
      PREFIXES.some((prefix) => name === prefix + protocol || name.startsWith(`${prefix}${protocol}-`)),
    )
  );
}
