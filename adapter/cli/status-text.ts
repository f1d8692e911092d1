import type { NodeReport, StatusReport } from "../server/status-report.js";

/** One line for each stream, and below what is refused and why. */
export function formatStatus({ nodes }: StatusReport): string {
  if (nodes.length === 0) return "no Envoy is connected\n";
  const head = ["NODE", "NAMESPACE", "IDENTITY", "ADDRESS", "ENVOY", "SINCE", "TYPES"];
  const rows = nodes.map((node) => [
    printable(node.node),
    printable(node.namespace ?? "-"),
    printable(node.identity ?? "-"),
    node.address,
    node.envoy ?? "-",
    seconds(node.connected_at),
    types(node),
  ]);
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)));
  const lines = [head, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  const told = nodes.flatMap(refusals);
  const all = told.length === 0 ? lines : [...lines, "", ...told];
  return all.map((line) => `${line.trimEnd()}\n`).join("");
}

/** `CDS ok, ECDS refused (has 1f2e…, newest 77aa…)` */
function types({ types, refused }: NodeReport): string {
  const states = types.map(({ type, acknowledged, newest }) => {
    if (acknowledged === newest) return `${type} ok`;
    const state = refused.some((one) => one.type === type) ? "refused" : "behind";
    return `${type} ${state} (has ${acknowledged ?? "none"}, newest ${newest})`;
  });
  return states.join(", ") || "nothing asked for";
}

function refusals({ node, refused, last_refusal: last }: NodeReport): readonly string[] {
  if (refused.length > 0) {
    return refused.map(({ type, resource, message }) => printable(`${node} refuses ${type} ${resource}: ${message}`));
  }
  if (last === null) return [];
  const what = `${last.type} ${last.resources.join(", ")}: ${last.message}`;
  return [printable(`${node} refused at ${seconds(last.at)}, and has got a better one since: ${what}`)];
}

function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, "Z");
}

/** Nodes say what they want; a terminal is to see no commands in it. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
