import { CONTROLLER } from "../resource/gateway-api/gateway.js";
import { GATEWAY_API_GROUP } from "../resource/gateway-api/references.js";
import { groupAndVersion, KINDS, type Kind, MELTEMI_GROUP } from "../resource/kinds.js";
import type { RawResource } from "../source/source.js";
import type { ApiStatus, Outcome } from "../status/api-status.js";
import { type Condition, conditionsOf, type Progress, programmed } from "../status/conditions.js";
import { formatResourceName, type Problem } from "../status/problem.js";
import { Rollout, type RolloutNode } from "../status/rollout.js";
import { ALL, keyOf, type RolloutReport, type RolloutReports, sumReports } from "../status/rollout-report.js";
import type { Leadership } from "./leader-election.js";
import type { OtherReplicas } from "./other-replicas.js";
import type { StatusBody } from "./status-body.js";
import type { StatusWriter, WantedStatus } from "./status-writer.js";

/** Envoys mostly have a change within moments: what is written before they answer would be written twice. */
const SETTLE_MS = 500;

export interface StatusReporterOptions {
  readonly writer: StatusWriter;
  readonly leader: Leadership;
  readonly others: OtherReplicas;
  readonly nodes: () => readonly (RolloutNode & { readonly namespace: string | undefined })[];
}

/** What is served to the same nodes. */
interface Part {
  readonly rollout: Rollout;
  readonly resources: readonly RawResource[];
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  readonly api: ReadonlyMap<string, ApiStatus>;
}

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly generation?: number };
}

/** By group and kind. */
const KNOWN = new Map<string, Kind>(KINDS.map((one) => [`${one.group} ${one.kind}`, one]));

/** Routes of the Gateway API keep what is said of them until it is taken away. */
const ROUTES = ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"];

/** What became of resources. */
export interface Judged {
  readonly problems: readonly Problem[];
  readonly statuses: readonly ApiStatus[];
}

/** Tells in the status of Meltemi's own resources, and of those of the Gateway API that are ours, what became of them. Only the leader writes. */
export class StatusReporter {
  readonly #options: StatusReporterOptions;
  /** By tenant; all there is, where there are none. */
  readonly #parts = new Map<string, Part>();
  readonly #keys = new WeakMap<RawResource, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  /** These resources, of which this was found, are served as this version: to all nodes, or to a tenant's. */
  served(raws: readonly RawResource[], { problems, statuses }: Judged, version: string, tenant = ALL): void {
    const resources = raws.filter(isTold);
    const rollout = this.#parts.get(tenant)?.rollout ?? new Rollout();
    rollout.serve(version, resources);
    const byResource = new Map<string, Problem[]>();
    for (const problem of problems) {
      if (problem.resource === undefined) continue;
      const key = formatResourceName(problem.resource);
      const known = byResource.get(key);
      if (known === undefined) byResource.set(key, [problem]);
      else known.push(problem);
    }
    const api = new Map(statuses.map((one) => [formatResourceName(one.resource), one]));
    if (resources.length > 0 || tenant === ALL)
      this.#parts.set(tenant, { rollout, resources, problems: byResource, api });
    else this.#parts.delete(tenant);
    this.changed();
  }

  /** Nodes have answered, come or gone; or we lead now. */
  changed(): void {
    this.#timer ??= setTimeout(async () => {
      this.#timer = undefined;
      if (!this.#options.leader.leads) return;
      await this.#options.others.look();
      this.write();
    }, SETTLE_MS);
  }

  /** Nothing but what other replicas tell may be new. */
  write(): void {
    if (this.#options.leader.leads) this.#options.writer.set(this.#statuses());
  }

  /** How far our own nodes are. */
  reports(): RolloutReports {
    const nodes = this.#options.nodes();
    return new Map([...this.#parts].map(([tenant, part]) => [tenant, this.#report(tenant, part, nodes)]));
  }

  #report(
    tenant: string,
    { rollout, resources }: Part,
    nodes: ReturnType<StatusReporterOptions["nodes"]>,
  ): RolloutReport {
    return rollout.report(
      resources.map((raw) => [this.#keyOf(raw), raw] as const),
      tenant === ALL ? nodes : nodes.filter(({ namespace }) => namespace === tenant),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #statuses(): readonly WantedStatus[] {
    const all = [this.reports(), ...this.#options.others.reports];
    return [...this.#parts].flatMap(([tenant, part]) => {
      const progressOf = sumReports(all.flatMap((reports) => reports.get(tenant) ?? []));
      return this.#statusesOf(part, progressOf);
    });
  }

  #statusesOf(part: Part, progressOf: (resource: string) => Progress): readonly WantedStatus[] {
    return part.resources.flatMap((raw) => {
      const { apiVersion, kind, metadata } = raw.document as unknown as Document;
      const { namespace = "default", name, generation = 0 } = metadata;
      const known = kindOf(raw);
      const resource = formatResourceName({ kind: known.as ?? kind, namespace, name });
      const api = part.api.get(resource);
      // One that is no longer ours, or never was, may have a status of ours from before.
      if (known.group !== MELTEMI_GROUP && api === undefined && !ROUTES.includes(kind)) return [];
      const progress = progressOf(this.#keyOf(raw));
      const body =
        known.group === MELTEMI_GROUP
          ? {
              conditions: conditionsOf(part.problems.get(resource) ?? [], progress, generation),
              ...(api && { parents: parentsIn(api, generation) }),
            }
          : bodyOf(api, progress, generation);
      const within = known.isClusterWide ? undefined : namespace;
      return [{ apiVersion, kind, plural: known.plural, namespace: within, name, body }];
    });
  }

  /** Of what is written in it: what another replica has of an older generation, or of one that was deleted, is something else. */
  #keyOf(raw: RawResource): string {
    const known = this.#keys.get(raw);
    if (known !== undefined) return known;
    const key = keyOf(JSON.stringify(raw.document));
    this.#keys.set(raw, key);
    return key;
  }
}

function kindOf({ document }: RawResource): Kind {
  const { apiVersion, kind } = document as unknown as Document;
  return KNOWN.get(`${groupAndVersion(apiVersion)[0]} ${kind}`) as Kind;
}

function isTold(raw: RawResource): boolean {
  const { group, kind } = kindOf(raw);
  return group === MELTEMI_GROUP || (group === GATEWAY_API_GROUP && kind !== "ReferenceGrant");
}

/** In the form of the Gateway API. A listener is programmed where the Gateway is. */
function bodyOf(api: ApiStatus | undefined, progress: Progress, generation: number): StatusBody {
  const { conditions, listeners, addresses } = api ?? {};
  if (conditions === undefined) return { parents: parentsIn(api, generation) };
  const told = (outcomes: readonly Outcome[]) => outcomes.map((one) => withProgress(one, progress, generation));
  return {
    conditions: told(conditions),
    ...(listeners && { listeners: listeners.map((one) => ({ ...one, conditions: told(one.conditions) })) }),
    ...(addresses && { addresses }),
  };
}

function parentsIn(api: ApiStatus | undefined, generation: number): NonNullable<StatusBody["parents"]> {
  return (api?.parents ?? []).map(({ parentRef, conditions }) => ({
    parentRef,
    controllerName: CONTROLLER,
    conditions: conditions.map((one) => ({ ...one, observedGeneration: generation })),
  }));
}

function withProgress(one: Outcome, progress: Progress, generation: number): Condition {
  if (one.type === "Programmed" && one.status === "True") return programmed(progress, generation);
  return { ...one, observedGeneration: generation };
}
