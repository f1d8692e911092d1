import type { FieldPath } from "../status/field-path.js";

/** Takes down a problem of the resource that is looked at; paths begin at its root. */
export type Report = (path: FieldPath, reason: string) => void;
