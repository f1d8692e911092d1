import { ISTIO_GROUP, KINDS } from "../resource/kinds.js";
import type { RawResource } from "../source/source.js";
import type { Problem } from "../status/problem.js";

const TLS = ["spec", "tls"];

/** What is to be told where the Envoys are Istio's, of the problems that were found and besides. */
export function judge(problems: readonly Problem[], resources: readonly RawResource[]): readonly Problem[] {
  return [...problems.filter((problem) => !isIstiosBusiness(problem)), ...withoutEffect(resources)];
}

/** What leads nowhere in resources of Istio's, or is not used, may well be so: much of them is about what is none of Meltemi's. */
function isIstiosBusiness({ resource, severity, cause }: Problem): boolean {
  return ISTIOS_KINDS.has(resource?.kind ?? "") && (severity === "warning" || cause === "reference");
}

const ISTIOS_KINDS = new Set<string>(KINDS.filter(({ group }) => group === ISTIO_GROUP).map(({ kind }) => kind));

/** What resources say that Istio's Envoys have from Istio alone. It is told rather than passed over in silence. */
function withoutEffect(resources: readonly RawResource[]): readonly Problem[] {
  return resources.filter(saysTls).map(({ document, locate }) => {
    const { name, namespace = "default" } = (document as unknown as Policy).metadata;
    return {
      severity: "warning",
      resource: { kind: "ListenerPolicy", namespace, name },
      ...locate(TLS),
      field: TLS.join("."),
      reason: "has no effect on Istio's Envoys: write a PeerAuthentication, or the tls of a Gateway's server",
    };
  });
}

function saysTls({ document }: RawResource): boolean {
  return document.kind === "ListenerPolicy" && (document as unknown as Policy).spec?.tls !== undefined;
}

interface Policy {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly tls?: unknown };
}
