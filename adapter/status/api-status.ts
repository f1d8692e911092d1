import type { Condition } from "./conditions.js";
import type { ResourceName } from "./problem.js";

/** A condition as it is found: of which generation is said with all of them. */
export type Outcome = Omit<Condition, "observedGeneration">;

/** What the status of a resource says besides Meltemi's own conditions, in the form of the Gateway API. */
export interface ApiStatus {
  readonly resource: ResourceName;
  /** Of a Gateway or a class. `Programmed` that is true here is as true as Envoys say. */
  readonly conditions?: readonly Outcome[];
  readonly listeners?: readonly ListenerStatus[];
  readonly addresses?: readonly { readonly type: "IPAddress" | "Hostname"; readonly value: string }[];
  /** Of a route: what became of it at each of its parents that is ours. */
  readonly parents?: readonly ParentStatus[];
}

export interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly attachedRoutes: number;
  readonly conditions: readonly Outcome[];
}

export interface ParentStatus {
  /** As the route names it. */
  readonly parentRef: Readonly<Record<string, unknown>>;
  readonly conditions: readonly Outcome[];
}

export function outcome(type: Outcome["type"], status: "True" | "False", reason: string, message = ""): Outcome {
  return { type, status, reason, message };
}

export function holds({ status }: Pick<Outcome, "status">): boolean {
  return status === "True";
}
