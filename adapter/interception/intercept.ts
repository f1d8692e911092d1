import type { Family } from "../model/node-profile.js";
import { changeOf, NO_RULES, type RuleSet, readRuleSet, ruleSetOf } from "./rule-set.js";
import type { Interception } from "./rules.js";
import { addInboundSource, removeInboundSource, restoreTable, saveTable } from "./tools.js";

interface Table {
  readonly family: Family;
  /** What is ours in it. */
  readonly before: RuleSet;
}

/** Redirects connections of these families, whatever was redirected before. Where those of one cannot be, all is as it was. */
export async function intercept(families: readonly Family[], interception: Interception): Promise<void> {
  const changed: Table[] = [];
  try {
    for (const table of await readTables(families)) {
      await change(table.family, table.before, ruleSetOf(table.family, interception));
      changed.push(table);
    }
  } catch (error) {
    for (const { family, before } of changed) await change(family, ruleSetOf(family, interception), before);
    throw error;
  }
}

/** Takes back what `intercept` has done. Resolves with the families of which there was something. */
export async function undoInterception(families: readonly Family[]): Promise<readonly Family[]> {
  const ours = (await readTables(families)).filter(({ before }) => before.chains.length > 0);
  for (const { family, before } of ours) await change(family, before, NO_RULES);
  return ours.map(({ family }) => family);
}

/** All of them first, so that none is changed where one cannot be read. */
async function readTables(families: readonly Family[]): Promise<readonly Table[]> {
  const tables: Table[] = [];
  for (const family of families) tables.push({ family, before: readRuleSet(await saveTable(family)) });
  return tables;
}

/** The address is there as long as the rules are: without it an Envoy cannot connect to what it stands before. */
async function change(family: Family, from: RuleSet, to: RuleSet): Promise<void> {
  const isWanted = to.chains.length > 0;
  const isNew = family === "IPv6" && isWanted && (await addInboundSource());
  try {
    await restoreTable(family, changeOf(from, to));
  } catch (error) {
    if (isNew) await removeInboundSource();
    throw error;
  }
  if (family === "IPv6" && !isWanted) await removeInboundSource();
}
