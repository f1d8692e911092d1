import { KINDS, type Kind, MELTEMI_GROUP } from "../resource/kinds.js";
import type { RawResource } from "../source/source.js";
import { conditionsOf, type Progress } from "../status/conditions.js";
import { formatResourceName, type Problem } from "../status/problem.js";
import { Rollout, type RolloutNode } from "../status/rollout.js";
import { ALL, keyOf, type RolloutReport, type RolloutReports, sumReports } from "../status/rollout-report.js";
import type { Leadership } from "./leader-election.js";
import type { OtherReplicas } from "./other-replicas.js";
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
}

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly generation?: number };
}

const OURS = new Map<string, Kind>(KINDS.filter(({ group }) => group === MELTEMI_GROUP).map((one) => [one.kind, one]));

/** Tells in the status of Meltemi's own resources what became of them. Only the leader writes. */
export class StatusReporter {
  readonly #options: StatusReporterOptions;
  /** By tenant; all there is, where there are none. */
  readonly #parts = new Map<string, Part>();
  readonly #keys = new WeakMap<RawResource, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  /** These resources, with these problems, are served as this version: to all nodes, or to a tenant's. */
  served(raws: readonly RawResource[], problems: readonly Problem[], version: string, tenant = ALL): void {
    const resources = raws.filter(({ document }) => isOurs(document as unknown as Document));
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
    if (resources.length > 0 || tenant === ALL) this.#parts.set(tenant, { rollout, resources, problems: byResource });
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
    return part.resources.map((raw) => {
      const { apiVersion, kind, metadata } = raw.document as unknown as Document;
      const { name, namespace = "default", generation = 0 } = metadata;
      const problems = part.problems.get(formatResourceName({ kind, namespace, name })) ?? [];
      return {
        apiVersion,
        kind,
        plural: (OURS.get(kind) as Kind).plural,
        namespace,
        name,
        conditions: conditionsOf(problems, progressOf(this.#keyOf(raw)), generation),
      };
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

function isOurs({ apiVersion, kind }: Document): boolean {
  return apiVersion.startsWith(`${MELTEMI_GROUP}/`) && OURS.has(kind);
}
