import type { TrafficPolicy } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import type { Report } from "./report.js";
import { parseTrafficPolicy } from "./traffic-policy.js";

export interface DestinationRuleSpec {
  readonly host: string;
  readonly trafficPolicy: TrafficPolicy;
  readonly subsets: readonly SubsetSpec[];
  readonly exportTo?: readonly string[] | undefined;
}

export interface SubsetSpec {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly trafficPolicy: TrafficPolicy;
}

interface WrittenSpec {
  readonly host: string;
  readonly exportTo?: readonly string[];
  readonly trafficPolicy?: unknown;
  readonly subsets?: readonly {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly trafficPolicy?: unknown;
  }[];
}

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseDestinationRule(spec: unknown, report: Report): DestinationRuleSpec {
  const { host, trafficPolicy, subsets = [], exportTo } = spec as WrittenSpec;
  if (host.includes("*")) report(["spec", "host"], `${host}: a rule is for one host; wildcards are not supported yet`);
  return {
    host,
    exportTo,
    trafficPolicy: parseTrafficPolicy(trafficPolicy, ["spec", "trafficPolicy"], report),
    subsets: subsets.map(({ name, labels = {}, trafficPolicy }, index) => {
      const path: FieldPath = ["spec", "subsets", index];
      if (subsets.findIndex((other) => other.name === name) !== index) {
        report([...path, "name"], `a subset of the name ${name} stands here twice`);
      }
      if (/[|\s]/.test(name)) report([...path, "name"], `${JSON.stringify(name)}: a name has neither spaces nor "|"`);
      return { name, labels, trafficPolicy: parseTrafficPolicy(trafficPolicy, [...path, "trafficPolicy"], report) };
    }),
  };
}
