import type { AuthorizationCondition, AuthorizationPolicy, AuthorizationRule } from "../model/authorization.js";

export interface FilterAuthorization {
  readonly policies: readonly FilterAuthorizationPolicy[];
}

export interface FilterAuthorizationPolicy {
  readonly name: string;
  readonly action: "ALLOW" | "DENY" | "AUDIT";
  readonly node_labels?: Readonly<Record<string, string>>;
  readonly rules?: readonly FilterAuthorizationRule[];
}

export interface FilterAuthorizationRule {
  readonly sources?: readonly FilterAuthorizationClause[];
  readonly operations?: readonly FilterAuthorizationClause[];
  readonly conditions?: readonly FilterAuthorizationCondition[];
}

export interface FilterAuthorizationClause {
  readonly all: readonly FilterAuthorizationCondition[];
}

export interface FilterAuthorizationCondition {
  readonly subject?: string;
  readonly attribute?: string;
  readonly values?: readonly string[];
  readonly not_values?: readonly string[];
}

/** Undefined: there are none, and who calls what does not matter. */
export function toFilterAuthorization(
  policies: readonly AuthorizationPolicy[],
  protocol: string,
): FilterAuthorization | undefined {
  if (policies.length === 0) return undefined;
  return {
    policies: policies.map(({ namespace, name, action, labels, rules }) => ({
      name: `${namespace}/${name}`,
      action,
      ...(Object.keys(labels).length > 0 && { node_labels: sorted(labels) }),
      ...(rules.length > 0 && { rules: rules.map((rule) => toRule(rule, protocol)) }),
    })),
  };
}

function toRule({ sources, operations, conditions }: AuthorizationRule, protocol: string): FilterAuthorizationRule {
  const all = (clause: readonly AuthorizationCondition[]) => ({ all: clause.map((one) => toCondition(one, protocol)) });
  return {
    ...(sources.length > 0 && { sources: sources.map(all) }),
    ...(operations.length > 0 && { operations: operations.map(all) }),
    ...(conditions.length > 0 && { conditions: conditions.map((one) => toCondition(one, protocol)) }),
  };
}

function toCondition(condition: AuthorizationCondition, protocol: string): FilterAuthorizationCondition {
  const { subject, values, notValues } = protocol === "redis" ? ofRedis(condition) : condition;
  return {
    ...(typeof subject === "string" ? { subject } : subject),
    ...(values.length > 0 && { values }),
    ...(notValues.length > 0 && { not_values: notValues }),
  };
}

/** Its methods are commands, also those of modules, in capitals whatever the client writes. */
function ofRedis(condition: AuthorizationCondition): AuthorizationCondition {
  if (condition.subject !== "method") return condition;
  const capitals = (values: readonly string[]) => values.map((value) => value.toUpperCase());
  return {
    subject: { attribute: "command" },
    values: capitals(condition.values),
    notValues: capitals(condition.notValues),
  };
}

function sorted(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
