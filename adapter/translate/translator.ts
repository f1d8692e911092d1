import { toFilterConfig } from "../filter-config/filter-config.js";
import { rpcListener } from "../model/gateway.js";
import type { Mesh, OutboundListener } from "../model/model.js";
import { PROTOCOLS } from "../model/protocols.js";
import { denyingAll } from "../resource/authorization-policy.js";
import { type ParsedResource, parseResource } from "../resource/parse-resource.js";
import { type Identified, isRouter, mention, problemOf, type Resource, type Router } from "../resource/resource.js";
import type { IgnoredDocument, RawResource, SourceState } from "../source/source.js";
import type { ApiStatus } from "../status/api-status.js";
import { formatResourceName, type Problem, sortProblems } from "../status/problem.js";
import { type CheckFilterConfig, refusalOf, refusedAlone } from "./filter-refusal.js";
import { stillInForce } from "./still-in-force.js";
import { type InForce, NOTHING_IN_FORCE, type Translated, translate } from "./translate.js";
import { withhold } from "./withhold.js";

/**
 * How often a table is made anew without the VirtualService that the filter stumbles on, where none is bad in itself: each of
 * them takes as long as the table does. What is bad in itself is found in one round.
 */
const MAX_ROUNDS = 16;

export interface TranslatorOptions {
  /** Without it the filter is not asked. */
  readonly checkFilterConfig?: CheckFilterConfig;
  /** Istio's, whose Sidecar holds for namespaces without one. Default: istio-system. */
  readonly rootNamespace?: string | undefined;
  /** The Envoys are an istiod's: their HTTP, and what comes in at gateways, is its own. Default: they are ours. */
  readonly isIstios?: boolean | undefined;
  /** What is read of a resource; undefined: nothing of it. Default: all. */
  readonly partOf?: (raw: RawResource) => RawResource | undefined;
  /** What is known of resources that several translators read. Default: the translator's own. */
  readonly parsed?: WeakMap<RawResource, ParsedResource>;
}

/** What became of a state of the source. */
export interface Translation {
  readonly mesh: Mesh;
  /** Sorted by file and line. */
  readonly problems: readonly Problem[];
  readonly ignored: readonly IgnoredDocument[];
  /** Of the Gateway API. */
  readonly statuses: readonly ApiStatus[];
}

/**
 * From the states of a source to meshes, one after the other. It keeps the last good version of every resource: one that turns
 * bad stays in force as it was, until it is good again or gone. Everything else goes on.
 */
export class Translator {
  readonly #check: CheckFilterConfig;
  readonly #rootNamespace: string | undefined;
  readonly #isIstios: boolean;
  readonly #partOf: (raw: RawResource) => RawResource | undefined;
  readonly #parsed: WeakMap<RawResource, ParsedResource>;
  #good: ReadonlyMap<string, Resource> = new Map();
  #inForce: InForce = NOTHING_IN_FORCE;
  /** Those that the filter refuses whatever stands beside them. */
  readonly #refusedAlone = new WeakMap<Router, Problem>();
  /** Filter configurations that the filter is known to take, by listener. */
  #accepted: ReadonlyMap<string, string> = new Map();

  constructor({
    checkFilterConfig = () => undefined,
    rootNamespace,
    isIstios = false,
    partOf = (raw) => raw,
    parsed = new WeakMap(),
  }: TranslatorOptions = {}) {
    this.#check = checkFilterConfig;
    this.#parsed = parsed;
    this.#isIstios = isIstios;
    this.#partOf = partOf;
    this.#rootNamespace = rootNamespace;
  }

  /** Of `refused`, with the reasons, no version is taken, not the last good one either. */
  translate(state: SourceState, refused: ReadonlyMap<RawResource, string> = new Map()): Translation {
    const { resources, refused: unread, problems } = this.#parse(state.resources, refused);
    const { translated, refused: bad } = this.#translateUntilAccepted(resources);
    this.#inForce = translated.inForce;
    const held = withhold(translated.mesh.listeners, unread);
    return {
      mesh: { ...translated.mesh, listeners: held.listeners },
      problems: sortProblems([...state.problems, ...problems, ...translated.problems, ...bad, ...held.problems]),
      ignored: state.ignored,
      statuses: translated.statuses,
    };
  }

  #parse(
    raws: readonly RawResource[],
    barred: ReadonlyMap<RawResource, string>,
  ): {
    readonly resources: readonly Resource[];
    /** Those that are bad and have no good version. */
    readonly refused: readonly Identified[];
    readonly problems: readonly Problem[];
  } {
    const resources: Resource[] = [];
    const refused: Identified[] = [];
    const problems: Problem[] = [];
    const seen = new Map<string, ParsedResource>();
    const good = new Map<string, Resource>();
    for (const raw of raws) {
      const read = this.#parsedOf(raw);
      if (read === undefined) continue;
      const reason = barred.get(raw);
      const parsed = reason === undefined ? read : refuse(read, reason);
      const key = formatResourceName(parsed.identity);
      const first = seen.get(key);
      if (first !== undefined) {
        const reason = `${mention(first.identity)} is the same resource; that one is taken, and this one is not`;
        problems.push(problemOf(parsed.identity, [], reason));
        continue;
      }
      seen.set(key, parsed);
      if (parsed.resource === undefined && parsed.identity.kind === "AuthorizationPolicy") {
        const denying = denyingAll(parsed.identity);
        problems.push(...(denying === undefined ? parsed.problems : parsed.problems.map(deniesAll)));
        if (denying !== undefined) resources.push(denying);
        continue;
      }
      const last = reason === undefined ? this.#good.get(key) : undefined;
      const resource = parsed.resource ?? last;
      problems.push(...(last === undefined ? parsed.problems : parsed.problems.map(stillInForce)));
      if (resource === undefined) {
        refused.push(parsed.identity);
        continue;
      }
      good.set(key, resource);
      resources.push(resource);
    }
    this.#good = good;
    return { resources, refused, problems };
  }

  #parsedOf(raw: RawResource): ParsedResource | undefined {
    const known = this.#parsed.get(raw);
    if (known !== undefined) return known;
    const part = this.#partOf(raw);
    const parsed = part && parseResource(part);
    if (parsed !== undefined) this.#parsed.set(raw, parsed);
    return parsed;
  }

  /**
   * The filter takes a listener's table whole or not at all. So that one bad expression does not hold back the routes of all
   * others, the filter is asked beforehand, and what it refuses is left out until it takes the rest.
   */
  #translateUntilAccepted(resources: readonly Resource[]): {
    readonly translated: Translated;
    readonly refused: readonly Problem[];
  } {
    const refusals = new Map<Router, Problem>();
    for (const resource of resources) {
      const known = isRouter(resource) ? this.#refusedAlone.get(resource) : undefined;
      if (isRouter(resource) && known !== undefined) refusals.set(resource, known);
    }
    const searched = new Set<string>();
    for (let round = 1; ; round++) {
      const translated = translate(resources, {
        before: this.#inForce,
        refusals,
        rootNamespace: this.#rootNamespace,
        isIstios: this.#isIstios,
      });
      const { accepted, rejected } = this.#ask(translated.mesh);
      const refused: Problem[] = [];
      let again = false;
      for (const { key, listener, said } of rejected) {
        if (!searched.has(key)) {
          searched.add(key);
          again = this.#search(listener, translated, refusals) || again;
        }
        if (again) continue;
        const refusal = refusalOf(said, listener, translated.origins);
        if (refusal === undefined || refusals.has(refusal.resource) || round >= MAX_ROUNDS) {
          refused.push(listenerProblem(key, said));
        } else {
          refusals.set(refusal.resource, refusal.problem);
          again = true;
        }
      }
      this.#accepted = accepted;
      if (!again) return { translated, refused };
    }
  }

  /** Has the filter judge what it has not accepted before. */
  #ask(mesh: Mesh): { readonly accepted: ReadonlyMap<string, string>; readonly rejected: readonly Rejected[] } {
    const accepted = new Map<string, string>();
    const rejected: Rejected[] = [];
    for (const { key, listener } of tablesOf(mesh)) {
      if (!PROTOCOLS.includes(listener.protocol) && listener.declared === undefined) continue;
      const config = toFilterConfig(listener);
      const text = JSON.stringify(config);
      const said = this.#accepted.get(key) === text ? undefined : this.#check(listener.protocol, config);
      if (said === undefined) accepted.set(key, text);
      else rejected.push({ key, listener, said });
    }
    return { accepted, rejected };
  }

  /** Finds every VirtualService of the listener that is bad in itself. True where there was one. */
  #search(listener: OutboundListener, translated: Translated, refusals: Map<Router, Problem>): boolean {
    const candidates = [...translated.inForce.virtualServices.values()].filter(
      // What comes in at a gateway may be for services at any port.
      ({ protocol }) => protocol === listener.protocol,
    );
    const found = refusedAlone(candidates, this.#check);
    for (const { resource, problem } of found) {
      this.#refusedAlone.set(resource, problem);
      refusals.set(resource, problem);
    }
    return found.length > 0;
  }
}

/** What nobody understands may be what keeps somebody out: whatever was in force before, nothing is let in by it, nor past it. */
function deniesAll(problem: Problem): Problem {
  return {
    ...problem,
    reason: `${problem.reason}; until it is mended the policy denies all calls to the workloads that it selects`,
  };
}

function refuse({ identity }: ParsedResource, reason: string): ParsedResource {
  return { identity, resource: undefined, problems: [problemOf(identity, [], reason)] };
}

/** What the filter is to serve: in the mesh, and at gateways. */
function tablesOf({ listeners, edge = [] }: Mesh): readonly Pick<Rejected, "key" | "listener">[] {
  return [
    ...listeners.map((listener) => ({ key: `${listener.protocol} ${listener.port}`, listener })),
    ...edge.flatMap(({ origin, servers }) =>
      servers.flatMap(({ port, traffic }, index) =>
        traffic.kind === "rpc" && traffic.virtualHosts.length > 0
          ? [{ key: `${index} of ${origin}`, listener: rpcListener(traffic, port) }]
          : [],
      ),
    ),
  ];
}

/** A listener whose table the filter does not take, and what it says. */
interface Rejected {
  readonly key: string;
  readonly listener: OutboundListener;
  readonly said: string;
}

function listenerProblem(listener: string, said: string): Problem {
  const reason = `the filter refuses the routes of the listener ${listener}: ${said}`;
  return { severity: "error", resource: undefined, file: "", line: 1, field: "", reason };
}
