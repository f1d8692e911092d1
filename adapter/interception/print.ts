import type { Family } from "../model/node-profile.js";
import { CHAINS, type Interception, JUMPS, type Rule, redirectRules } from "./rules.js";

const COMMAND: Readonly<Record<Family, string>> = { IPv4: "iptables-restore", IPv6: "ip6tables-restore" };

/** The rules as input of iptables-restore, each with its reason. */
export function printRules(family: Family, interception: Interception): string {
  const lines = (rules: readonly Rule[]) => rules.flatMap(({ text, why }) => [`# ${why}`, text]);
  return [
    `# ${COMMAND[family]} --noflush`,
    "*nat",
    ...CHAINS.map((name) => `:${name} - [0:0]`),
    ...lines(redirectRules(family, interception)),
    ...lines(JUMPS),
    "COMMIT",
    "",
  ].join("\n");
}
