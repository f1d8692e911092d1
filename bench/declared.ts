import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { OutboundListener } from "../adapter/model/model.js";
import { parseApplicationProtocol } from "../adapter/resource/application-protocol.js";

const DUBBO = fileURLToPath(new URL("../test/filter/codec/declared-dubbo/protocol.yaml", import.meta.url));

/** The same routes for Dubbo as a resource declares it: by interface, method and version. */
export function declaredDubbo(table: OutboundListener): OutboundListener {
  const { spec } = parse(readFileSync(DUBBO, "utf8")) as { readonly spec: unknown };
  const { protocol, declared } = parseApplicationProtocol(spec, (path, reason) => {
    throw new Error(`${path.join(".")}: ${reason}`);
  });
  if (declared === undefined) throw new Error(`${protocol} is not declared`);
  return { ...table, protocol, declared };
}
