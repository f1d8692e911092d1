import type { Family } from "../model/node-profile.js";
import { CHAINS, type Interception, JUMPS, redirectRules } from "./rules.js";

/** What is ours in a nat table. */
export interface RuleSet {
  readonly chains: readonly string[];
  /** Rules of our chains. */
  readonly rules: readonly string[];
  /** Rules of others' chains that lead to ours. */
  readonly jumps: readonly string[];
}

export const NO_RULES: RuleSet = { chains: [], rules: [], jumps: [] };

/** Those that we have, and those that an earlier version of ours may have left. */
const OURS = /^MELTEMI_/;

export function ruleSetOf(family: Family, interception: Interception): RuleSet {
  const text = (rules: readonly { readonly text: string }[]) => rules.map((rule) => rule.text);
  return { chains: CHAINS, rules: text(redirectRules(family, interception)), jumps: text(JUMPS) };
}

/** What of the table that `iptables-save -t nat` has printed is ours. */
export function readRuleSet(saved: string): RuleSet {
  const lines = saved.split("\n");
  const rules = lines.filter((line) => line.startsWith("-A "));
  const isOurs = (rule: string) => OURS.test(rule.split(" ")[1] ?? "");
  return {
    chains: lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []).filter((name) => OURS.test(name)),
    rules: rules.filter(isOurs),
    jumps: rules.filter((rule) => !isOurs(rule) && OURS.test(/ -[jg] (\S+)/.exec(rule)?.[1] ?? "")),
  };
}

/**
 * The input of `iptables-restore --noflush` that makes what is ours in a table from one set the other, all at once. Jumps that stay keep
 * their place among others' rules.
 */
export function changeOf(from: RuleSet, to: RuleSet): string {
  const gone = from.chains.filter((name) => !to.chains.includes(name));
  const isKept = (jump: string, i: number) => to.jumps.includes(jump) && from.jumps.indexOf(jump) === i;
  return [
    "*nat",
    // It empties those that there are.
    ...to.chains.map((name) => `:${name} - [0:0]`),
    ...from.jumps.filter((jump, i) => !isKept(jump, i)).map((jump) => jump.replace(/^-A/, "-D")),
    ...gone.map((name) => `-F ${name}`),
    ...to.rules,
    ...to.jumps.filter((jump) => !from.jumps.includes(jump)),
    ...gone.map((name) => `-X ${name}`),
    "COMMIT",
    "",
  ].join("\n");
}
