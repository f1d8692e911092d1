import { MeltemiError } from "../error/meltemi-error.js";
import type { FilterConfig } from "../filter-config/filter-config.js";
import { DECLARED } from "../model/protocols.js";
import { FilterVm } from "./filter-vm.js";
import type { WasmModule } from "./web-assembly.js";

/** Which way a call takes, decided by the code that decides in Envoy. */
export interface Explanation {
  /** Undefined: no virtual host has the service. */
  readonly virtualHost: string | undefined;
  /** Undefined: no route matches. */
  readonly route: ExplainedRoute | undefined;
  /** The routes before it, in order, each with its first condition that does not hold. */
  readonly passedOver: readonly PassedOver[];
}

export interface ExplainedRoute {
  /** Position in the virtual host, from 0. */
  readonly index: number;
  readonly name: string;
  /** The resource that the route comes from; empty where the configuration does not tell. */
  readonly origin: string;
  readonly clusters: readonly { readonly name: string; readonly weight: number }[];
  /** Which of them the call takes by a value of its own; absent: it is drawn. */
  readonly chosen?: number;
}

export interface PassedOver {
  readonly route: ExplainedRoute;
  readonly failed: FailedCondition;
}

export interface FailedCondition {
  readonly attribute: string;
  readonly matcher:
    | "exact_match"
    | "prefix_match"
    | "suffix_match"
    | "contains_match"
    | "regex_match"
    | "present_match"
    | "range_match";
  /** What the matcher looks for: "true" or "false" for present_match, "[1, 10)" for range_match. */
  readonly expected: string;
  /** Whether the result is turned around. */
  readonly invert: boolean;
  /** What the call has; undefined: nothing. */
  readonly value: string | undefined;
}

/** The answer of the filter's `meltemi_explain`; the input is { "service": …, "attributes": { name: value } }. */
interface Answer {
  readonly error?: string;
  readonly virtual_host: string | null;
  readonly route: ExplainedRoute | null;
  readonly passed_over: readonly {
    readonly route: ExplainedRoute;
    readonly failed: Omit<FailedCondition, "invert" | "value"> & {
      readonly invert_match: boolean;
      readonly value: string | null;
    };
  }[];
}

/** Asks the filter which route of a configuration a call takes. The configuration must be one that it takes. */
export function explain(
  wasm: WasmModule,
  protocol: string,
  config: FilterConfig,
  service: string,
  attributes: Readonly<Record<string, string>>,
): Explanation {
  const vm = new FilterVm(wasm, config.program === undefined ? protocol : DECLARED);
  const refusal = vm.configure(JSON.stringify(config));
  if (refusal !== undefined) throw new MeltemiError("USAGE", `the filter refuses the configuration: ${refusal}`);
  const answer = JSON.parse(vm.explain(JSON.stringify({ service, attributes }))) as Answer;
  if (answer.error !== undefined) throw new MeltemiError("USAGE", `the filter refuses the call: ${answer.error}`);
  return {
    virtualHost: answer.virtual_host ?? undefined,
    route: answer.route ?? undefined,
    passedOver: answer.passed_over.map(({ route, failed: { invert_match, value, ...failed } }) => ({
      route,
      failed: { ...failed, invert: invert_match, value: value ?? undefined },
    })),
  };
}
