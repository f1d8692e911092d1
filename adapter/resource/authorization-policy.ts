import type {
  AuthorizationAction,
  AuthorizationCondition,
  AuthorizationRule,
  AuthorizationSubject,
} from "../model/authorization.js";
import { isBlock } from "../model/ip.js";
import type { FieldPath } from "../status/field-path.js";
import type { Report } from "./report.js";
import type { AuthorizationPolicy, Identified } from "./resource.js";
import { CONNECTION_KEYS, ISTIOS_KEYS, NO_SUCH_KEY } from "./schema/authorization-policy.js";

export interface AuthorizationPolicySpec {
  readonly action: AuthorizationAction;
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly AuthorizationRule[];
}

type Values<Name extends string> = { readonly [field in Name | `not${Capitalize<Name>}`]?: readonly string[] };

type WrittenSource = Values<"principals"> & Values<"namespaces"> & Values<"ipBlocks"> & Values<"remoteIpBlocks">;
type WrittenOperation = Values<"services"> & Values<"methods">;

interface WrittenRule {
  readonly from?: readonly { readonly source: WrittenSource }[];
  readonly to?: readonly { readonly operation: WrittenOperation }[];
  readonly when?: readonly WrittenCondition[];
}

interface WrittenCondition {
  readonly key: string;
  readonly values?: readonly string[];
  readonly notValues?: readonly string[];
}

interface WrittenSpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly action?: AuthorizationAction;
  readonly rules?: readonly WrittenRule[];
}

/** Reads a spec that its schema allows, and reports what the schema cannot see. */
export function parseAuthorizationPolicy(spec: unknown, report: Report): AuthorizationPolicySpec {
  const { selector, action = "ALLOW", rules = [] } = spec as WrittenSpec;
  return {
    action,
    labels: selector?.matchLabels ?? {},
    rules: rules.map((rule, index) => parseRule(rule, ["spec", "rules", index], report)),
  };
}

function parseRule({ from = [], to = [], when = [] }: WrittenRule, path: FieldPath, report: Report): AuthorizationRule {
  return {
    sources: from.map(({ source }, index) => parseSource(source, [...path, "from", index, "source"], report)),
    operations: to.map(({ operation }) => [
      ...conditionOn("service", operation.services, operation.notServices),
      ...conditionOn("method", operation.methods, operation.notMethods),
    ]),
    conditions: when.flatMap((one, index) => parseCondition(one, [...path, "when", index], report)),
  };
}

function parseSource(source: WrittenSource, path: FieldPath, report: Report): readonly AuthorizationCondition[] {
  for (const field of ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"] as const) {
    reportBlocks(source[field], [...path, field], report);
  }
  return [
    ...conditionOn("source.principal", source.principals, source.notPrincipals),
    ...conditionOn("source.namespace", source.namespaces, source.notNamespaces),
    ...conditionOn("source.ip", source.ipBlocks, source.notIpBlocks),
    ...conditionOn("source.ip", source.remoteIpBlocks, source.notRemoteIpBlocks),
  ];
}

function parseCondition(
  { key, values, notValues }: WrittenCondition,
  path: FieldPath,
  report: Report,
): readonly AuthorizationCondition[] {
  if (values === undefined && notValues === undefined) report(path, "values or notValues is needed");
  const known = CONNECTION_KEYS.find((one) => one === key);
  if (known === undefined) {
    if (new RegExp(ISTIOS_KEYS).test(key)) report([...path, "key"], `${key}: ${NO_SUCH_KEY}`);
    reportPatterns(values, [...path, "values"], report);
    reportPatterns(notValues, [...path, "notValues"], report);
    return conditionOn({ attribute: key }, values, notValues);
  }
  const check = known.endsWith(".ip") ? reportBlocks : reportPatterns;
  check(values, [...path, "values"], report);
  check(notValues, [...path, "notValues"], report);
  return conditionOn(known === "remote.ip" ? "source.ip" : known, values, notValues);
}

function conditionOn(
  subject: AuthorizationCondition["subject"] | AuthorizationSubject,
  values: readonly string[] = [],
  notValues: readonly string[] = [],
): readonly AuthorizationCondition[] {
  return values.length + notValues.length === 0 ? [] : [{ subject, values, notValues }];
}

function reportBlocks(blocks: readonly string[] = [], path: FieldPath, report: Report): void {
  for (const [index, block] of blocks.entries()) {
    if (isBlock(block)) continue;
    report([...path, index], `${block}: must be an IP address or a block of them, such as 10.0.0.0/8`);
  }
}

function reportPatterns(values: readonly string[] = [], path: FieldPath, report: Report): void {
  for (const [index, value] of values.entries()) {
    if (!/.\*./.test(value) && !/^\*.+\*$/.test(value)) continue;
    report([...path, index], `${value}: a star stands alone, in front or behind: \`*\`, \`*x\`, \`x*\``);
  }
}

/**
 * What stands for a policy that cannot be understood: it denies all that it may have been about. Undefined: it was only to note calls, of which
 * nobody needs to be kept from anything.
 */
export function denyingAll(identity: Identified): AuthorizationPolicy | undefined {
  const { spec } = identity.raw.document as { readonly spec?: unknown };
  const { action, selector } = (isMap(spec) ? spec : {}) as { readonly action?: unknown; readonly selector?: unknown };
  if (action === "AUDIT") return undefined;
  const labels = isMap(selector) && Object.keys(selector).length === 1 ? selector.matchLabels : undefined;
  const isReadable = isMap(labels) && Object.values(labels).every((value) => typeof value === "string");
  const rules = [{ sources: [], operations: [], conditions: [] }];
  return {
    ...identity,
    kind: "AuthorizationPolicy",
    spec: { action: "DENY", labels: isReadable ? (labels as Readonly<Record<string, string>>) : {}, rules },
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
