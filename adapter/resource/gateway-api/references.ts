import type { FieldPath } from "../../status/field-path.js";
import { parentReference } from "../schema/gateway-api/common.js";
import { listOf } from "../schema/json-schema.js";
import { validator } from "../schema/validator.js";

export const GATEWAY_API_GROUP = "gateway.networking.k8s.io";

/** A parent as a route names it. */
export interface ParentRef {
  /** As it is written, which is how its status names it. */
  readonly written: Readonly<Record<string, unknown>>;
  readonly path: FieldPath;
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly sectionName: string | undefined;
  readonly port: number | undefined;
}

/** What a route or a listener names of another kind; its namespace is the resource's own where none is said. */
export interface ObjectRef {
  readonly path: FieldPath;
  readonly group: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly port: number | undefined;
}

export interface WrittenRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly port?: number;
}

type WrittenParent = WrittenRef & { readonly sectionName?: string };

const isParentList = validator(listOf(parentReference));

/** Those that a document names; one that is none is nobody's. */
export function parseParentRefs(spec: unknown, namespace: string): readonly ParentRef[] {
  const { parentRefs = [] } = (spec ?? {}) as { readonly parentRefs?: unknown };
  if (!Array.isArray(parentRefs)) return [];
  return parentRefs.flatMap((written: WrittenParent, index) => {
    if (isParentList([written]).length > 0) return [];
    return [
      {
        written: { ...written },
        path: ["spec", "parentRefs", index],
        group: written.group ?? GATEWAY_API_GROUP,
        kind: written.kind ?? "Gateway",
        namespace: written.namespace ?? namespace,
        name: written.name,
        sectionName: written.sectionName,
        port: written.port,
      },
    ];
  });
}

export function objectRef(written: WrittenRef, kind: string, path: FieldPath): ObjectRef {
  const { group = "", namespace, name, port } = written;
  return { path, group, kind: written.kind ?? kind, namespace, name, port };
}

/** Where requests or connections go. */
export interface BackendSpec {
  readonly ref: ObjectRef;
  /** Share of the sum of all. */
  readonly weight: number;
}

export function backend(written: WrittenRef & { readonly weight?: number }, path: FieldPath): BackendSpec {
  return { ref: objectRef(written, "Service", path), weight: written.weight ?? 1 };
}

export function namespaceOf(document: unknown): string {
  const { metadata } = document as { readonly metadata: { readonly namespace?: string } };
  return metadata.namespace ?? "default";
}
