import type { Exports } from "../model/exports.js";
import type {
  DestinationRule,
  IstioVirtualService,
  KubernetesService,
  Router,
  ServiceEntry,
} from "../resource/resource.js";

/** Of a resource, as Istio's `exportTo` or annotation says: `*` all namespaces, `.` its own, `~` none, else the one of that name. Without, all. */
export function exportsOf(
  resource: Router | IstioVirtualService | ServiceEntry | DestinationRule | KubernetesService,
): Exports {
  const { exportTo = [] } = resource.spec;
  if (exportTo.length === 0 || exportTo.includes("*")) return undefined;
  if (exportTo.includes("~")) return [];
  return [...new Set(exportTo.map((name) => (name === "." ? resource.namespace : name)))].sort();
}

/** Whether all who see `b` see `a` too. */
export function covers(a: Exports, b: Exports): boolean {
  return a === undefined || (b?.every((name) => a.includes(name)) ?? false);
}

/** Whether some see both. */
export function meet(a: Exports, b: Exports): boolean {
  return a === undefined || b === undefined || a.some((name) => b.includes(name));
}

/** Who sees one of these. */
export function together(exports: readonly Exports[]): Exports {
  if (exports.includes(undefined)) return undefined;
  return [...new Set(exports.flatMap((one) => one ?? []))].sort();
}
