import type { FieldPath } from "../status/field-path.js";
import type { Problem } from "../status/problem.js";

/** Where something stands. */
export interface Place {
  /** As its source names it: for a directory, relative to it. Empty where there are no files: the resource's name says where it is. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A resource as it was written, before anything but its identity is known of it. */
export interface RawResource {
  readonly document: Readonly<Record<string, unknown>>;
  readonly place: Place;
  /** The place of a field, or of the nearest field above it that was written. */
  locate(path: FieldPath): Place;
}

/** A document that is none of Meltemi's, with the reason: not an error. */
export interface IgnoredDocument {
  readonly place: Place;
  readonly reason: string;
}

/** All that a source has at one moment. Immutable; resources that did not change are the same objects as before. */
export interface SourceState {
  /** In a fixed order, by which conflicts are decided: by file, then as they stand in it; in a cluster the older one first. */
  readonly resources: readonly RawResource[];
  readonly ignored: readonly IgnoredDocument[];
  readonly problems: readonly Problem[];
}

/** Where resources come from. */
export interface Source {
  /** Reads everything and then follows its changes. Resolves when `onState` has had the first, complete state. */
  start(onState: (state: SourceState) => void): Promise<void>;
  /** After it resolves `onState` is not called again. */
  close(): Promise<void>;
}

/**
 * What a source does with a document: read it, leave it (not ours), or refuse it with the file that it stands in, because it
 * does not even say what it is, as a file that is half written does not.
 */
export type Recognition =
  | { readonly kind: "read" }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "refused"; readonly field: FieldPath; readonly reason: string };

export type Recognise = (document: unknown) => Recognition;
