import { EXPORT_ANNOTATION, namesIn } from "../resource/kubernetes-service.js";
import type { RawResource } from "../source/source.js";
import { selects } from "../translate/selects.js";
import { kindOf, listAt, mapAt, metadataOf, nameOf, specOf, textAt, textsAt } from "./written.js";

/** Tenants, besides the one that something is of, who see it: all of them, or those that are named. */
export type Audience = "all" | ReadonlySet<string>;

const NOBODY: Audience = new Set();

/** Kinds that say whom they are for. */
const EXPORTING = new Set(["VirtualService", "MetaRouter", "ServiceEntry", "DestinationRule", "Service"]);

/** Kinds that belong to the services of their namespace, and go where those go. */
const BELONGING = new Set(["EndpointSlice", "Pod", "WorkloadEntry"]);

/**
 * What of the resources of one namespace others see, and who. Of a tenant that is what is explicitly exported; of the root namespace, all that is
 * not kept by an `exportTo`. What belongs to a service goes with it. Where `exportTo` cannot be read, nobody else sees the resource.
 */
export function exportedOf(raws: readonly RawResource[], isRoot: boolean): ReadonlyMap<RawResource, Audience> {
  const exported = new Map<RawResource, Audience>();
  const give = (raw: RawResource, audience: Audience): void => {
    const all = join(exported.get(raw) ?? NOBODY, audience);
    if (all === "all" || all.size > 0) exported.set(raw, all);
  };
  for (const raw of raws) {
    const kind = kindOf(raw);
    if (EXPORTING.has(kind)) give(raw, audienceOf(raw, isRoot));
    else if (isRoot && !BELONGING.has(kind)) give(raw, "all");
  }
  const services = new Map<string, Audience>();
  const selecting: { readonly labels: Readonly<Record<string, string>>; readonly audience: Audience }[] = [];
  for (const [raw, audience] of exported) {
    const { workloadSelector } = specOf(raw);
    if (kindOf(raw) === "Service") services.set(nameOf(raw), audience);
    else if (workloadSelector !== undefined) selecting.push({ labels: labelsIn(workloadSelector), audience });
  }
  const pods = new Map<string, Audience>();
  for (const raw of services.size + selecting.length === 0 ? [] : raws) {
    const labels = labelsIn(metadataOf(raw));
    if (kindOf(raw) === "EndpointSlice") {
      const audience = services.get(labels["kubernetes.io/service-name"] ?? "");
      if (audience === undefined) continue;
      give(raw, audience);
      for (const name of podsOf(raw)) pods.set(name, join(pods.get(name) ?? NOBODY, audience));
    } else if (kindOf(raw) === "WorkloadEntry") {
      const own = labelsIn(specOf(raw));
      for (const { labels, audience } of selecting) if (selects(labels, own)) give(raw, audience);
    }
  }
  for (const raw of pods.size === 0 ? [] : raws) {
    const audience = kindOf(raw) === "Pod" ? pods.get(nameOf(raw)) : undefined;
    if (audience !== undefined) give(raw, audience);
  }
  return exported;
}

export function isFor(audience: Audience, namespace: string): boolean {
  return audience === "all" || audience.has(namespace);
}

function audienceOf(raw: RawResource, isRoot: boolean): Audience {
  const names = exportTo(raw);
  if (names === undefined) return isRoot ? "all" : NOBODY;
  if (names.includes("~")) return NOBODY;
  return names.includes("*") ? "all" : new Set(names.filter((name) => name !== "."));
}

/** Undefined where nothing is said. */
function exportTo(raw: RawResource): readonly string[] | undefined {
  if (kindOf(raw) === "Service") {
    const said = textAt(mapAt(metadataOf(raw).annotations)[EXPORT_ANNOTATION]);
    return said === undefined || namesIn(said).length === 0 ? undefined : namesIn(said);
  }
  const said = specOf(raw).exportTo;
  if (said === undefined || (Array.isArray(said) && said.length === 0)) return undefined;
  return textsAt(said);
}

function join(a: Audience, b: Audience): Audience {
  return a === "all" || b === "all" ? "all" : new Set([...a, ...b]);
}

function labelsIn(value: unknown): Readonly<Record<string, string>> {
  return mapAt(mapAt(value).labels) as Readonly<Record<string, string>>;
}

function podsOf({ document }: RawResource): readonly string[] {
  return listAt(document.endpoints).flatMap((endpoint) => textAt(mapAt(mapAt(endpoint).targetRef).name) ?? []);
}
