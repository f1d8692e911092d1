import type { RawResource } from "../source/source.js";
import type { FieldPath } from "../status/field-path.js";
import type { Problem } from "../status/problem.js";
import { groupAndVersion, KINDS } from "./kinds.js";
import { type Identified, problemOf, type Resource } from "./resource.js";
import { validator } from "./schema/validator.js";

/** What became of a raw resource: the resource, or what is wrong with it. */
export interface ParsedResource {
  readonly identity: Identified;
  /** Undefined where there are problems: a resource is taken whole or not at all. */
  readonly resource: Resource | undefined;
  readonly problems: readonly Problem[];
}

const validators = new Map(KINDS.map((kind) => [kind, validator(kind.schema)]));

/** From a document that `recognise` says is to be read. */
export function parseResource(raw: RawResource): ParsedResource {
  const { apiVersion, kind, metadata, spec } = raw.document as unknown as Envelope;
  const [group] = groupAndVersion(apiVersion);
  const known = KINDS.find((one) => one.kind === kind && one.group === group);
  if (known === undefined) throw new TypeError(`${kind} of ${apiVersion} is no kind that is read`);
  const { name, namespace } = metadata;
  // What is no text is reported by the schema; the resource needs a name to be reported by all the same.
  const identity: Identified = {
    kind: known.as ?? kind,
    name,
    namespace: typeof namespace === "string" ? namespace : "default",
    raw,
  };
  const problems: Problem[] = [];
  const report = (path: FieldPath, reason: string) => problems.push(problemOf(identity, path, reason));
  for (const { path, reason } of validators.get(known)?.(raw.document) ?? []) report(path, reason);
  if (problems.length > 0) return { identity, resource: undefined, problems };
  const parsed = known.parse(spec, report, raw.document);
  if (problems.length > 0) return { identity, resource: undefined, problems };
  return { identity, resource: { ...identity, spec: parsed } as Resource, problems };
}

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: unknown };
  readonly spec: unknown;
}
