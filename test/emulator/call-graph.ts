/** Who calls whom in a WebAssembly text as asc writes it. */
export interface CallGraph {
  calls: Map<string, Set<string>>;
  /** Exported name → function. */
  exports: Map<string, string>;
  /** Functions that an indirect call may reach. */
  table: Set<string>;
}

const INDIRECT = "(call_indirect)";

export function parseCallGraph(wat: string): CallGraph {
  const graph: CallGraph = { calls: new Map(), exports: new Map(), table: new Set() };
  let inside: Set<string> | undefined;
  for (const line of wat.split("\n")) {
    const start = /^ \(func \$(\S+)/.exec(line)?.[1];
    if (start !== undefined) {
      inside = new Set();
      graph.calls.set(start, inside);
    }
    const exported = /\(export "([^"]+)" \(func \$([^\s)]+)\)\)/.exec(line);
    if (exported?.[1] && exported[2]) graph.exports.set(exported[1], exported[2]);
    if (/^ \(elem /.test(line)) for (const [, name = ""] of line.matchAll(/\$([^\s)]+)/g)) graph.table.add(name);
    for (const [, name = ""] of line.matchAll(/\bcall \$([^\s)]+)/g)) inside?.add(name);
    if (line.includes("call_indirect")) inside?.add(INDIRECT);
  }
  return graph;
}

/** Each function that can be reached from `from`, with the function it was first reached by. */
export function reachable(graph: CallGraph, from: string): Map<string, string> {
  const reached = new Map([[from, ""]]);
  const open = [from];
  for (let caller = open.pop(); caller !== undefined; caller = open.pop()) {
    const direct = graph.calls.get(caller) ?? new Set<string>();
    const callees = direct.has(INDIRECT) ? [...direct, ...graph.table] : direct;
    for (const callee of callees) {
      if (callee === INDIRECT || reached.has(callee)) continue;
      reached.set(callee, caller);
      open.push(callee);
    }
  }
  return reached;
}

/** The way from the start of a walk to `target`, for a message. */
export function pathTo(reached: ReadonlyMap<string, string>, target: string): string {
  const path = [target];
  for (let by = reached.get(target); by; by = reached.get(by)) path.unshift(by);
  return path.join(" → ");
}
