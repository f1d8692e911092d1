import type { Recognition } from "../source/source.js";
import { groupAndVersion, KINDS, MELTEMI_GROUP } from "./kinds.js";
import { nearest, suggestion, summary } from "./near.js";

const IDENTITY = ["apiVersion", "kind", "metadata", "spec"];

/** Whether a document is a resource that Meltemi reads, one of somebody else's, or nothing that names itself. */
export function recognise(document: unknown): Recognition {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    return refused([], "not a resource: a map with apiVersion, kind, metadata and spec is expected");
  }
  const { apiVersion, kind, metadata } = document as Record<string, unknown>;
  if (apiVersion === undefined && kind === undefined && !IDENTITY.some((field) => field in document)) {
    return { kind: "ignored", reason: "not a resource: it has neither apiVersion nor kind" };
  }
  for (const [field, value] of Object.entries({ apiVersion, kind })) {
    if (typeof value !== "string" || value === "")
      return refused([field], `not a resource: ${field} is needed, as text`);
  }
  const [group, version] = groupAndVersion(String(apiVersion));
  const known = KINDS.find((one) => one.group === group && one.kind === kind);
  if (known === undefined) return unknownKind(group, String(apiVersion), String(kind));
  if (!known.versions.includes(version)) {
    return refused(
      ["apiVersion"],
      `${apiVersion}: of ${kind} Meltemi reads ${known.versions.map((v) => (group === "" ? v : `${group}/${v}`)).join(", ")}`,
    );
  }
  const name = typeof metadata === "object" && metadata !== null && "name" in metadata ? metadata.name : undefined;
  if (typeof name !== "string" || name === "") return refused(["metadata"], "metadata.name is needed, as text");
  return { kind: "read" };
}

function unknownKind(group: string, apiVersion: string, kind: string): Recognition {
  if (group === MELTEMI_GROUP) {
    const kinds = KINDS.filter((one) => one.group === group).map((one) => one.kind);
    return refused(["kind"], `${apiVersion} has no kind ${kind}${suggestion(kind, kinds)}`);
  }
  const groups = [...new Set(KINDS.map((one) => one.group))].filter((one) => one !== "");
  const near = nearest(group, groups);
  // A slip in the group: somebody else's group is not that near.
  if (near !== undefined && near !== group && KINDS.some((one) => one.group === near && one.kind === kind)) {
    return refused(["apiVersion"], `${apiVersion} is not known; did you mean ${near}?`);
  }
  const read = summary(KINDS.map((one) => (one.group === "" ? one.kind : `${one.kind}.${one.group}`)));
  return { kind: "ignored", reason: `${kind} of ${apiVersion} is not read by Meltemi, which reads ${read}` };
}

function refused(field: readonly string[], reason: string): Recognition {
  return { kind: "refused", field, reason };
}
