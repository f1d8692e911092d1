import type { ServiceDraft } from "../service-index.js";

const KUBERNETES_HOST = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/;

/** Names by which Kubernetes' resolver completes to a host from within its namespace, or from another. */
export function shortNames(host: string): readonly string[] {
  const [, name, namespace] = KUBERNETES_HOST.exec(host) ?? [];
  return name === undefined ? [] : [`${name}.${namespace}.svc`, `${name}.${namespace}`, name];
}

/** Of a host that has short names. */
export function namespaceOf(host: string): string {
  return KUBERNETES_HOST.exec(host)?.[2] ?? "";
}

/** Namespaces in which services are called so, by short name. */
export function namespacesByShortName(drafts: readonly ServiceDraft[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const draft of drafts) {
    for (const name of shortNames(draft.host)) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [namespaceOf(draft.host)]);
      else known.push(namespaceOf(draft.host));
    }
  }
  return found;
}
