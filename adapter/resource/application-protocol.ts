import { compile } from "../declared/compile.js";
import type { Declaration, Value } from "../declared/declaration.js";
import type { DeclaredProtocol } from "../model/model.js";
import { DECLARED, PROTOCOLS } from "../model/protocols.js";
import type { Report } from "./report.js";

/** A name of a protocol on ports, and what reads it. */
export interface ApplicationProtocolSpec {
  readonly protocol: string;
  /** Aeraki's name for the code that does. */
  readonly codec?: string;
  /** What the resource itself declares. */
  readonly declared?: DeclaredProtocol;
}

/** Aeraki's, from a spec that its schema allows. */
export function parseAerakiProtocol(spec: unknown): ApplicationProtocolSpec {
  return spec as ApplicationProtocolSpec;
}

/** Meltemi's, from a spec that its schema allows. */
export function parseApplicationProtocol(spec: unknown, report: Report): ApplicationProtocolSpec {
  const declaration = spec as Declaration;
  const { protocol, call = {} } = declaration;
  if ([...PROTOCOLS, DECLARED].includes(protocol.toLowerCase())) {
    report(
      ["spec", "protocol"],
      `${protocol} is spoken by this build itself: give the protocol another name, such as my-${protocol}`,
    );
  }
  const program = compile(declaration, report);
  if (program === undefined) return { protocol };
  const serviceAttribute = call.attributes?.find((value) => isSame(value, call.service))?.name;
  return {
    protocol,
    declared: {
      program: Buffer.from(program).toString("base64"),
      attributes: (call.attributes ?? []).map(({ name }) => name),
      mayLackService: call.service === undefined,
      ...(serviceAttribute !== undefined && { serviceAttribute }),
    },
  };
}

/** Whether an attribute is read from where the service is. */
function isSame({ name: _, ...value }: Value & { readonly name: string }, service: Value | undefined): boolean {
  const entries = (one: Value): string => JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  return service !== undefined && entries(value) === entries(service);
}
