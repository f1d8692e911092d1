import { hash } from "node:crypto";
import type { Progress } from "./conditions.js";

/** 36 bits: of 5,000 nodes two are taken for one in one of 5,000 clusters, and then counted as one. */
const KEY_LENGTH = 6;

/** What is told of one replica is an annotation, and all of an object's have 256 KiB: 30 kB of nodes, 60 kB of resources. */
const MAX_NODES = 5_000;
const MAX_RESOURCES = 10_000;
const MAX_REFUSAL_LENGTH = 1_024;
/** Of each some 100 bytes are written whatever it has. */
const MAX_TENANTS = 1_000;

/** Nodes by their keys, or their number where they are too many. */
type NodeGroup = readonly string[] | number;

/** How far the Envoys of one replica are. Versions are each replica's own, so none stands in it: it is the same where nothing is new. */
export interface RolloutReport {
  /** Its nodes, who is furthest behind first. */
  readonly nodes: readonly NodeGroup[];
  /** What it serves, by key: how many of the groups lack it, from the first one on. */
  readonly resources: ReadonlyMap<string, number>;
  /** Whether there are more resources, which all of its nodes have. Others it does not serve yet. */
  readonly more: boolean;
  /** One that a node of this group says, of those furthest behind that refuse something. */
  readonly refusal: { readonly group: number; readonly text: string } | undefined;
}

/** Of a node by its id, or of a resource by what is written in it: the same on all replicas. */
export function keyOf(text: string): string {
  return hash("sha256", text, "base64url").slice(0, KEY_LENGTH);
}

/** How far each resource has come on all replicas. A node that several replicas have is one, and has what it has from all of them. */
export function sumReports(reports: readonly RolloutReport[]): (resource: string) => Progress {
  const nodes = count(reports.flatMap((report) => report.nodes));
  // Most resources are lacked by the same nodes, which may be many.
  const counts = new Map<string, number>();
  return (resource) => {
    const groups = reports.map(({ resources, more, nodes }) => resources.get(resource) ?? (more ? 0 : nodes.length));
    const lacking =
      counts.get(groups.join()) ?? count(reports.flatMap((report, nth) => report.nodes.slice(0, groups[nth])));
    counts.set(groups.join(), lacking);
    // What a node has refused of what was there before says nothing of one that its replica does not serve yet.
    const refusing = reports.find(
      ({ resources, refusal }, nth) =>
        refusal !== undefined && resources.has(resource) && refusal.group < (groups[nth] ?? 0),
    );
    return { nodes, having: nodes - lacking, refusal: refusing?.refusal?.text };
  };
}

function count(groups: readonly NodeGroup[]): number {
  const keys = new Set<string>();
  let others = 0;
  for (const group of groups) {
    if (typeof group === "number") others += group;
    else for (const key of group) keys.add(key);
  }
  return keys.size + others;
}

/** As text of at most 100 kB. Equal reports are equal texts. */
export function formatReport(report: RolloutReport): string {
  return JSON.stringify(reportText(report, 1));
}

/** `parts`: so many have to do with the room of one. */
function reportText({ nodes, resources, more, refusal }: RolloutReport, parts: number): ReportText {
  const many = count(nodes) > MAX_NODES / parts;
  const most = Math.floor(MAX_RESOURCES / parts);
  // What is lacked is told first.
  const listed = [...resources].sort(([a, lackA], [b, lackB]) => lackB - lackA || (a < b ? -1 : 1));
  const lists = Array.from(nodes, () => "").concat("");
  for (const [key, lacking] of listed.slice(0, most)) lists[lacking] += key;
  return {
    nodes: nodes.map((group) => (many || typeof group === "number" ? count([group]) : [...group].sort().join(""))),
    resources: lists,
    ...((more || listed.length > most) && { more: true }),
    ...(refusal && { refusal: { ...refusal, text: refusal.text.slice(0, MAX_REFUSAL_LENGTH / parts) } }),
  };
}

/** By the tenant whose nodes and resources they are of; of all of them together under this name. */
export type RolloutReports = ReadonlyMap<string, RolloutReport>;
export const ALL = "*";

/** As text, of at most 200 kB: where there are many tenants, less is told of each. */
export function formatReports(reports: RolloutReports): string {
  const all = reports.get(ALL);
  if (all !== undefined) return formatReport(all);
  const sorted = [...reports].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_TENANTS);
  const tenants = Object.fromEntries(sorted.map(([name, report]) => [name, reportText(report, sorted.length)]));
  return JSON.stringify({ tenants });
}

/** Undefined where it is none that this version of Meltemi writes. */
export function parseReports(text: string): RolloutReports | undefined {
  const value = readJson(text) as { readonly tenants?: unknown } | null | undefined;
  const tenants = value?.tenants;
  if (typeof tenants !== "object" || tenants === null) {
    const all = reportIn(value);
    return all && new Map([[ALL, all]]);
  }
  const read = Object.entries(tenants).flatMap(([name, one]) => {
    const report = reportIn(one);
    return report === undefined ? [] : [[name, report] as const];
  });
  return new Map(read);
}

/** Undefined where it is none that this version of Meltemi writes. */
export function parseReport(text: string): RolloutReport | undefined {
  return reportIn(readJson(text));
}

function reportIn(value: unknown): RolloutReport | undefined {
  const { nodes, resources, more, refusal } = (value ?? {}) as Partial<ReportText>;
  if (!Array.isArray(nodes) || !nodes.every((group) => typeof group === "string" || Number.isSafeInteger(group)))
    return undefined;
  if (!Array.isArray(resources) || !resources.every((list) => typeof list === "string")) return undefined;
  if (refusal != null && !(typeof refusal.group === "number" && typeof refusal.text === "string")) return undefined;
  return {
    nodes: nodes.map((group) => (typeof group === "string" ? keysIn(group) : group)),
    resources: new Map(resources.flatMap((list, lacking) => keysIn(list).map((key) => [key, lacking] as const))),
    more: more === true,
    refusal: refusal ?? undefined,
  };
}

/** Keys are put together without anything between. */
interface ReportText {
  readonly nodes: readonly (string | number)[];
  /** The nth: lacked by n groups of nodes. */
  readonly resources: readonly string[];
  readonly more?: true;
  readonly refusal?: { readonly group: number; readonly text: string };
}

function keysIn(text: string): readonly string[] {
  return Array.from({ length: text.length / KEY_LENGTH }, (_, nth) =>
    text.slice(nth * KEY_LENGTH, (nth + 1) * KEY_LENGTH),
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
