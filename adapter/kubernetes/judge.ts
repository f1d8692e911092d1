import type { Mesh } from "../model/model.js";
import { PROTOCOLS } from "../model/protocols.js";
import type { RawResource } from "../source/source.js";
import { formatResourceName, type Problem, type ResourceName } from "../status/problem.js";
import { type ProtocolNames, portProtocol } from "../translate/port-protocol.js";
import { hostsMeant } from "../translate/service-index.js";

/**
 * What is to be told of a cluster's resources. Most of Istio's there are of services that speak nothing of ours, and what Meltemi could not do
 * with them is no fault of theirs.
 */
export function judge(problems: readonly Problem[], resources: readonly RawResource[], mesh: Mesh): readonly Problem[] {
  const ours: Ours = {
    hosts: new Set(mesh.services.map(({ host }) => host)),
    addresses: new Set(mesh.services.flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses))),
  };
  const documents = resources.map(({ document }) => document as unknown as Document);
  const names = namesOf(documents);
  const foreign = new Set(documents.filter((document) => isForeign(document, ours, names)).map(nameOf));
  return problems.filter(({ resource }) => resource === undefined || !foreign.has(formatResourceName(resource)));
}

/** Of the services that speak a protocol of ours. */
interface Ours {
  readonly hosts: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
}

function isForeign({ kind, metadata, spec = {} }: Document, { hosts, addresses }: Ours, names: ProtocolNames): boolean {
  const { namespace = "default" } = metadata;
  const { host = "", address = "", ports = [] } = spec;
  switch (kind) {
    case "DestinationRule":
      return !hostsMeant(host, namespace).some((one) => hosts.has(one));
    case "ServiceEntry":
      return !ports.some(({ name = "", protocol }) => portProtocol({ name, protocol }, names) !== undefined);
    case "WorkloadEntry":
      return !addresses.has(address);
    default:
      return false;
  }
}

/** Aeraki's names are for its own ports. */
function namesOf(documents: readonly Document[]): ProtocolNames {
  const declared = documents.filter(({ kind }) => kind === "ApplicationProtocol");
  const known = [...PROTOCOLS, ...declared.flatMap(({ spec }) => spec?.protocol ?? [])];
  return { known: known.sort((a, b) => b.length - a.length), ofAeraki: new Map(), http: false };
}

function nameOf({ kind, metadata }: Document): string {
  const { name, namespace = "default" } = metadata;
  return formatResourceName({ kind, namespace, name } satisfies ResourceName);
}

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: {
    readonly protocol?: string;
    readonly host?: string;
    readonly address?: string;
    readonly ports?: readonly { readonly name?: string; readonly protocol?: string }[];
  };
}
