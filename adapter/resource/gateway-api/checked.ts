import type { FieldPath } from "../../status/field-path.js";
import type { Report } from "../report.js";
import type { JsonSchema } from "../schema/json-schema.js";
import { validator } from "../schema/validator.js";

/**
 * What is read of a resource that may be meant for another controller: what is wrong with it is none of our business then, so it is kept with it and
 * told by who knows whose it is.
 */
export interface Checked<Spec> {
  readonly faults: readonly Fault[];
  /** Undefined where there are faults. */
  readonly spec: Spec | undefined;
}

export interface Fault {
  readonly path: FieldPath;
  readonly reason: string;
}

/** Makes a function that reads specs by a schema; `parse` reads one that the schema allows, and reports what it cannot see. */
export function checking<Written, Spec>(
  schema: JsonSchema,
  parse: (written: Written, report: Report) => Spec,
): (written: unknown) => Checked<Spec> {
  const validate = validator(schema);
  return (written) => {
    const faults: Fault[] = validate(written).map(({ path, reason }) => ({ path: ["spec", ...path], reason }));
    if (faults.length > 0) return { faults, spec: undefined };
    const spec = parse(written as Written, (path, reason) => faults.push({ path, reason }));
    return { faults, spec: faults.length > 0 ? undefined : spec };
  };
}
