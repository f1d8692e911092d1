import type { Tunnels } from "../model/model.js";
import type { IpFamily } from "../model/network.js";
import { optionalDuration_ms } from "./duration.js";
import { parseIpFamily, type WrittenIpFamily } from "./network.js";
import {
  type OutlierDetectionSpec,
  parseOutlierDetection,
  type WrittenOutlierDetection,
} from "./policies/outlier-detection.js";
import type { Report } from "./report.js";

export interface DestinationPolicySpec {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
  readonly tunnels: Tunnels;
  readonly outlierDetection?: OutlierDetectionSpec;
  readonly ipFamily?: IpFamily;
  /** Names, the first to be used in front. */
  readonly planes?: readonly string[];
}

interface WrittenSpec {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number: number };
  readonly outlierDetection?: WrittenOutlierDetection;
  readonly ipFamily?: WrittenIpFamily;
  readonly planes?: readonly string[];
  readonly tunnels?: {
    readonly minimum?: number;
    readonly maximum?: number;
    readonly callsInFlight?: number;
    readonly maxAge?: string;
    readonly maxCalls?: number;
    readonly hashBuckets?: number;
  };
}

/** The filter looks at its tunnels once a second. */
const TICK_MS = 1000;

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseDestinationPolicy(spec: unknown, report: Report): DestinationPolicySpec {
  const { host, subset, port, tunnels: written, outlierDetection, ipFamily, planes } = spec as WrittenSpec;
  if (!written && !outlierDetection && !ipFamily && !planes) {
    report(["spec"], "write one of tunnels, outlierDetection, ipFamily, planes");
  }
  planes?.forEach((name, index) => {
    if (planes.indexOf(name) < index) report(["spec", "planes", index], `${name}: stands there already`);
  });
  if (ipFamily?.mode === "PRESERVE" && ipFamily.fallback === "ERROR" && outlierDetection) {
    report(
      ["spec", "ipFamily", "fallback"],
      "with outlierDetection calls are sent to hosts by name, whatever their family: write OTHER_FAMILY",
    );
  }
  const tunnels = written ?? {};
  const { maxAge, ...counts } = tunnels;
  const path = ["spec", "tunnels"];
  const { minimum, maximum } = counts;
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    report([...path, "maximum"], `${maximum}: is less than minimum, which is ${minimum}`);
  }
  const maxAge_ms = optionalDuration_ms(maxAge, TICK_MS, [...path, "maxAge"], report);
  return {
    host,
    subset,
    port: port?.number,
    tunnels: { ...counts, ...(maxAge_ms !== undefined && { maxAge_ms }) },
    ...(outlierDetection && {
      outlierDetection: parseOutlierDetection(outlierDetection, ["spec", "outlierDetection"], report),
    }),
    ...(ipFamily && { ipFamily: parseIpFamily(ipFamily, ["spec", "ipFamily"], report) }),
    ...(planes && { planes }),
  };
}
