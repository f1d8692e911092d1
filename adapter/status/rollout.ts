import { keyOf, type RolloutReport } from "./rollout-report.js";

/** A stream of a node, of which it may have several, with the version of the last configuration that was accepted whole on it. */
export interface RolloutNode {
  readonly node: string;
  readonly synchronized: string | undefined;
  readonly rejection:
    | { readonly type: string; readonly resources: readonly string[]; readonly message: string }
    | undefined;
}

/** Versions that are remembered; a node that is further behind has nothing that is new since. */
const MAX_VERSIONS = 256;

/** Which of what has been served the nodes have got, told by the order of the versions. */
export class Rollout {
  /** The last moment at which each version was the newest. */
  readonly #moments = new Map<string, number>();
  readonly #since = new WeakMap<object, number>();
  #version: string | undefined;
  #moment = 0;

  /** These make up what is served from now on, as this version. */
  serve(version: string, resources: readonly object[]): void {
    if (version !== this.#version) this.#moment++;
    this.#version = version;
    this.#moments.delete(version);
    this.#moments.set(version, this.#moment);
    for (const oldest of this.#moments.keys()) {
      if (this.#moments.size <= MAX_VERSIONS) break;
      this.#moments.delete(oldest);
    }
    for (const resource of resources) if (!this.#since.has(resource)) this.#since.set(resource, this.#moment);
  }

  /** How far the nodes are with these resources, each under a key. */
  report(resources: Iterable<readonly [string, object]>, nodes: readonly RolloutNode[]): RolloutReport {
    const streams = nodes
      .map((node) => ({ ...node, moment: this.#moments.get(node.synchronized ?? "") ?? 0 }))
      .sort((a, b) => a.moment - b.moment);
    // In this order those that lack a resource are the first ones: their number says which.
    const behind = new Map<number, number>();
    const lacking = new Map<string, number>();
    for (const [key, resource] of resources) {
      const since = this.#since.get(resource) ?? this.#moment;
      const number = behind.get(since) ?? streams.filter(({ moment }) => moment < since).length;
      behind.set(since, number);
      lacking.set(key, number);
    }
    const bounds = [...new Set(lacking.values())].filter((number) => number > 0).sort((a, b) => a - b);
    const groups = Array.from({ length: bounds.length + 1 }, () => new Set<string>());
    const known = new Set<string>();
    let refusal: RolloutReport["refusal"];
    for (const [position, { node, rejection }] of streams.entries()) {
      const group = bounds.filter((bound) => bound <= position).length;
      if (rejection !== undefined) refusal ??= { group, text: describe(node, rejection) };
      // With all of its streams a node is as far as the one that is furthest behind.
      if (!known.has(node)) groups[group]?.add(keyOf(node));
      known.add(node);
    }
    return {
      nodes: groups.map((group) => [...group]),
      resources: new Map([...lacking].map(([key, number]) => [key, bounds.indexOf(number) + 1])),
      more: false,
      refusal,
    };
  }
}

function describe(node: string, { type, resources, message }: NonNullable<RolloutNode["rejection"]>): string {
  return `${node} refuses ${type} ${resources.join(", ")}: ${message}`;
}
