import { setImmediate } from "node:timers/promises";
import type { Mesh } from "../model/model.js";
import type { ParsedResource } from "../resource/parse-resource.js";
import type { RawResource, SourceState } from "../source/source.js";
import { type Problem, sortProblems } from "../status/problem.js";
import { DEFAULT_ROOT_NAMESPACE } from "../translate/choose-scopes.js";
import { Translator, type TranslatorOptions } from "../translate/translator.js";
import { Accepted, isSameList } from "./accepted.js";
import { beyondLimits } from "./beyond-limits.js";
import { FairQueue, type Turn } from "./fair-queue.js";
import { importsOf } from "./imports.js";
import { DEFAULT_LIMITS, type TenantLimits } from "./limits.js";
import { ownFirst } from "./own-first.js";
import { kindOf, nameOf, namespaceOf } from "./written.js";

/** Whose mesh has what the root namespace shows to all, and nothing else. No namespace has this name. */
export const NOBODY = "";

/** What became of a tenant's resources. */
export interface TenantMesh {
  readonly mesh: Mesh;
  /** Of its own resources; of the root namespace also those of what is of no namespace. Sorted. */
  readonly problems: readonly Problem[];
  readonly resources: readonly RawResource[];
  /** All that it sees: its own, the root namespace's, what others export to it. */
  readonly visible: readonly RawResource[];
  /** How many of its own were more than it may have. */
  readonly refused: number;
}

export interface TenantsOptions {
  /** Of which the root namespace is taken, too. */
  readonly translator?: Omit<TranslatorOptions, "partOf" | "parsed">;
  readonly limits?: TenantLimits;
  /** These, by namespace, are in force now. `changed` has a mesh that it had not before, or none any more. */
  readonly onMeshes: (meshes: ReadonlyMap<string, TenantMesh>, changed: string) => void;
  /** Milliseconds, from any moment on. Default: the clock. */
  readonly now?: () => number;
}

/**
 * Namespaces as tenants: each has a mesh of its own, made of what it may see. Changes are taken one namespace after the other and no oftener than
 * it may, the newest alone; streams and their answers go on between two turns. A namespace's turn takes in what it has, and what others see of it
 * follows on its account.
 */
export class Tenants {
  readonly #root: string;
  readonly #limits: TenantLimits;
  readonly #options: TenantsOptions;
  readonly #now: () => number;
  readonly #queue: FairQueue;
  readonly #parsed = new WeakMap<RawResource, ParsedResource>();
  readonly #accepted = new Map<string, Accepted>();
  readonly #translators = new Map<string, Translator>();
  readonly #meshes = new Map<string, TenantMesh>();
  /** Without resources of their own, but for their Envoys there is something. */
  readonly #guests = new Set<string>();
  readonly #stale = new Set<string>();
  #newest: ReadonlyMap<string, readonly RawResource[]> = new Map();
  #state: SourceState = { resources: [], ignored: [], problems: [] };
  #started = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(options: TenantsOptions) {
    const { translator = {}, limits = DEFAULT_LIMITS, now = () => performance.now() } = options;
    this.#options = options;
    this.#root = translator.rootNamespace ?? DEFAULT_ROOT_NAMESPACE;
    this.#limits = limits;
    this.#now = now;
    // Who runs the control plane waits for nobody's leave.
    const rateOf = (causer: string) => (causer === this.#root ? Number.POSITIVE_INFINITY : limits.changes);
    this.#queue = new FairQueue({ rateOf, now });
  }

  /** Takes a state; the first one becomes everybody's at once, so that nobody gets a part of what is there for him. */
  offer(state: SourceState): void {
    const isProblem = JSON.stringify(state.problems) !== JSON.stringify(this.#state.problems);
    this.#state = state;
    this.#newest = byNamespace(state.resources, this.#root);
    const changed = [...new Set([...this.#newest.keys(), ...this.#accepted.keys()])].filter((one) => {
      return !isSameList(this.#newest.get(one) ?? [], this.#accepted.get(one)?.raws ?? []);
    });
    if (!this.#started) {
      this.#started = true;
      for (const namespace of changed) this.#accept(namespace);
      for (const tenant of [NOBODY, this.#root, ...changed]) this.#await({ causer: tenant, tenant });
    } else {
      for (const namespace of changed) this.#queue.offer({ causer: namespace, tenant: namespace });
      if (isProblem) this.#await({ causer: this.#root, tenant: this.#root });
    }
    this.#go();
  }

  /** An Envoy of this namespace is there, which has no mesh. It gets one if somebody exports something to it by name. */
  ask(namespace: string): void {
    if (this.#guests.has(namespace) || !this.#isNamed(namespace)) return;
    this.#guests.add(namespace);
    this.#await({ causer: namespace, tenant: namespace });
    this.#go();
  }

  /** Resolves when nobody waits, who has not changed more than he may. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** How many namespaces wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.settled();
  }

  #await(turn: Turn): void {
    this.#stale.add(turn.tenant);
    this.#queue.offer(turn);
  }

  #go(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      const wait_ms = this.#queue.wait_ms;
      if (wait_ms !== undefined && !this.#closed) this.#timer = setTimeout(() => this.#go(), wait_ms);
    });
  }

  async #run(): Promise<void> {
    // What was begun in one turn of the event loop ends in others.
    await setImmediate();
    for (let turn = this.#queue.next(); turn !== undefined && !this.#closed; turn = this.#queue.next()) {
      const begin_ms = this.#now();
      if (turn.causer === turn.tenant) this.#accept(turn.causer);
      if (this.#stale.delete(turn.tenant)) this.#translate(turn.tenant);
      this.#queue.spent(turn, this.#now() - begin_ms);
      await setImmediate();
    }
  }

  #accept(namespace: string): void {
    const before = this.#accepted.get(namespace);
    const raws = this.#newest.get(namespace) ?? [];
    if (isSameList(raws, before?.raws ?? [])) return;
    const now = new Accepted(raws, namespace === this.#root);
    if (raws.length > 0) this.#accepted.set(namespace, now);
    else this.#accepted.delete(namespace);
    this.#stale.add(namespace);
    for (const tenant of now.affected([...this.#meshes.keys(), ...this.#guests], before))
      if (tenant !== namespace) this.#await({ causer: namespace, tenant });
  }

  #translate(tenant: string): void {
    const own = this.#accepted.get(tenant)?.raws ?? [];
    if (own.length === 0 && tenant !== NOBODY && tenant !== this.#root && !this.#isGuest(tenant)) {
      this.#guests.delete(tenant);
      this.#translators.delete(tenant);
      if (this.#meshes.delete(tenant)) this.#options.onMeshes(this.#meshes, tenant);
      return;
    }
    const visible = [...own, ...this.#foreign(tenant, own)];
    const before = this.#meshes.get(tenant);
    const problems = tenant === this.#root ? this.#state.problems : [];
    if (before !== undefined && tenant !== this.#root && isSameList(visible, before.visible)) return;
    const refused = beyondLimits(own, this.#limits);
    const made = this.#make(tenant, { resources: visible, ignored: [], problems }, refused);
    this.#meshes.set(tenant, {
      mesh: made.mesh ?? before?.mesh ?? { services: [], listeners: [] },
      problems: ofTenant(made.problems, own),
      resources: own,
      visible,
      refused: refused.size,
    });
    this.#options.onMeshes(this.#meshes, tenant);
  }

  /** What fails, though nothing should, fails for one tenant. */
  #make(
    tenant: string,
    state: SourceState,
    refused: ReadonlyMap<RawResource, string>,
  ): { readonly mesh?: Mesh; readonly problems: readonly Problem[] } {
    const translator =
      this.#translators.get(tenant) ?? new Translator({ ...this.#options.translator, parsed: this.#parsed });
    this.#translators.set(tenant, translator);
    try {
      const { mesh, problems } = translator.translate(state, refused);
      return { mesh: ownFirst(mesh, tenant, this.#root), problems };
    } catch (cause) {
      const reason = `the resources of the namespace ${tenant} cannot be read, and what was in force stays: ${(cause as Error).stack}`;
      return { problems: [{ severity: "error", resource: undefined, file: "", line: 1, field: "", reason }] };
    }
  }

  /** The root namespace's before those of other tenants, by their names. */
  #foreign(tenant: string, own: readonly RawResource[]): readonly RawResource[] {
    const root = tenant === this.#root ? [] : (this.#accepted.get(this.#root)?.seenBy(tenant) ?? []);
    if (tenant === NOBODY) return root;
    const exported = [...this.#accepted]
      .filter(([namespace, { exported }]) => exported.size > 0 && namespace !== tenant && namespace !== this.#root)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, accepted]) => accepted.seenBy(tenant));
    return [...root, ...importsOf(exported, [...own, ...root], tenant, this.#root)];
  }

  #isGuest(tenant: string): boolean {
    return this.#guests.has(tenant) && this.#isNamed(tenant);
  }

  #isNamed(namespace: string): boolean {
    return [...this.#accepted.values()].some((accepted) => accepted.names(namespace));
  }
}

/** What is of no namespace is for its whole cluster, as the root namespace's is. */
function byNamespace(raws: readonly RawResource[], root: string): ReadonlyMap<string, readonly RawResource[]> {
  const found = new Map<string, RawResource[]>();
  for (const raw of raws) {
    const namespace = namespaceOf(raw) ?? root;
    const known = found.get(namespace);
    if (known === undefined) found.set(namespace, [raw]);
    else known.push(raw);
  }
  return found;
}

/** Problems of what others have are told where it is theirs. */
function ofTenant(problems: readonly Problem[], own: readonly RawResource[]): readonly Problem[] {
  const keys = new Set(own.map((raw) => `${kindOf(raw)} ${namespaceOf(raw) ?? "default"}/${nameOf(raw)}`));
  const isOwn = ({ resource }: Problem) => {
    if (resource === undefined) return true;
    // Where two groups have kinds of one name, ours have the group behind it.
    const [kind] = resource.kind.split(".");
    return keys.has(`${kind} ${resource.namespace}/${resource.name}`);
  };
  return sortProblems(problems.filter(isOwn));
}
