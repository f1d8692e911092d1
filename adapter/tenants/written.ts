import { groupAndVersion, KINDS } from "../resource/kinds.js";
import type { RawResource } from "../source/source.js";

/** What is read of a document before anybody has looked whether it is good: any part of it may be anything. */
type Map = Readonly<Record<string, unknown>>;

export function mapAt(value: unknown): Map {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Map) : {};
}

export function listAt(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsAt(value: unknown): readonly string[] {
  return listAt(value).filter((one) => typeof one === "string");
}

export function textAt(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function kindOf({ document }: RawResource): string {
  return String(document.kind);
}

/** As `parseResource` names it. */
export function nameOf({ document }: RawResource): string {
  return String(mapAt(document.metadata).name);
}

export function specOf({ document }: RawResource): Map {
  return mapAt(document.spec);
}

export function metadataOf({ document }: RawResource): Map {
  return mapAt(document.metadata);
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Undefined: it is of no namespace, and of the whole cluster. What is no name of a namespace is refused, wherever it is read. */
export function namespaceOf(raw: RawResource): string | undefined {
  const { namespace } = metadataOf(raw);
  if (namespace === undefined && isClusterWide(raw)) return undefined;
  return typeof namespace === "string" && NAMESPACE.test(namespace) ? namespace : "default";
}

function isClusterWide({ document }: RawResource): boolean {
  const [group] = groupAndVersion(String(document.apiVersion));
  return KINDS.some((one) => one.isClusterWide && one.kind === document.kind && one.group === group);
}
