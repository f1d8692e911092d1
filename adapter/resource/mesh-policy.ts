import type { MeshSettings, UnknownDestinations } from "../model/mesh-policy.js";
import { parseIpFamily, parsePlanes, type WrittenIpFamily, type WrittenPlane } from "./network.js";
import type { Report } from "./report.js";

/** Istio's words. */
export interface WrittenOutboundTrafficPolicy {
  readonly mode?: "ALLOW_ANY" | "REGISTRY_ONLY";
}

export interface MeshPolicySpec {
  readonly settings: MeshSettings;
}

interface WrittenSpec {
  readonly dualStack?: boolean;
  readonly outboundTrafficPolicy?: WrittenOutboundTrafficPolicy;
  readonly ipFamily?: WrittenIpFamily;
  readonly planes?: readonly WrittenPlane[];
}

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseMeshPolicy(spec: unknown, report: Report): MeshPolicySpec {
  const written = spec as WrittenSpec;
  const { dualStack, outboundTrafficPolicy, ipFamily, planes } = written;
  if (Object.keys(written).length === 0) {
    report(["spec"], "write one of dualStack, outboundTrafficPolicy, ipFamily, planes");
  }
  const unknownDestinations = unknownDestinationsBy(outboundTrafficPolicy);
  return {
    settings: {
      ...(dualStack !== undefined && { dualStack }),
      ...(unknownDestinations !== undefined && { unknownDestinations }),
      ...(ipFamily && { ipFamily: parseIpFamily(ipFamily, ["spec", "ipFamily"], report) }),
      ...(planes && { planes: parsePlanes(planes, ["spec", "planes"], report) }),
    },
  };
}

/** Undefined: nothing is said. */
export function unknownDestinationsBy(
  policy: WrittenOutboundTrafficPolicy | undefined,
): UnknownDestinations | undefined {
  if (policy === undefined) return undefined;
  return policy.mode === "REGISTRY_ONLY" ? "block" : "pass";
}
