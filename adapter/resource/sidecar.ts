import type { UnknownDestinations } from "../model/mesh-policy.js";
import type { Egress, HostPattern } from "../model/model.js";
import { unknownDestinationsBy, type WrittenOutboundTrafficPolicy } from "./mesh-policy.js";

export interface SidecarSpec {
  /** For some workloads of its namespace alone. */
  readonly isSelective: boolean;
  readonly egress: readonly Egress[];
  readonly unknownDestinations?: UnknownDestinations | undefined;
}

interface WrittenSpec {
  readonly workloadSelector?: object;
  readonly outboundTrafficPolicy?: WrittenOutboundTrafficPolicy;
  readonly egress?: readonly {
    readonly port?: { readonly number?: number; readonly protocol?: string };
    readonly hosts: readonly string[];
  }[];
}

const EVERYTHING: Egress = { hosts: [{ namespace: "*", host: "*" }], excluded: [] };

/** Reads a spec that its schema allows. */
export function parseSidecar(spec: unknown): SidecarSpec {
  const { workloadSelector, outboundTrafficPolicy, egress = [] } = spec as WrittenSpec;
  return {
    isSelective: workloadSelector !== undefined,
    egress: egress.length === 0 ? [EVERYTHING] : egress.map(parseEgress),
    unknownDestinations: unknownDestinationsBy(outboundTrafficPolicy),
  };
}

function parseEgress({ port = {}, hosts }: NonNullable<WrittenSpec["egress"]>[number]): Egress {
  const { number = 0, protocol } = port;
  // Neither a Unix domain socket nor a proxy for HTTP is for one port of services.
  const isOnePort = number !== 0 && protocol?.toUpperCase() !== "HTTP_PROXY";
  return {
    ...(isOnePort && { port: number }),
    hosts: hosts.filter((host) => !host.startsWith("~")).map(parsePattern),
    excluded: hosts.filter((host) => host.startsWith("~")).map((host) => parsePattern(host.slice(1))),
  };
}

/** `~/*`, which is to let nothing through, excludes what is of any namespace. */
function parsePattern(written: string): HostPattern {
  const slash = written.indexOf("/");
  return { namespace: written.slice(0, slash) || "*", host: written.slice(slash + 1) };
}
