import type { FieldPath } from "../status/field-path.js";
import type { Problem } from "../status/problem.js";

/** Takes down a problem of the resource that is looked at; paths begin at its root. */
export type Report = (path: FieldPath, reason: string, cause?: Problem["cause"]) => void;
