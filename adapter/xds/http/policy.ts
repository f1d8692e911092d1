import { clusterName } from "../../model/cluster-name.js";
import type { Cors, HeaderMutation, HeaderMutations, HttpMirror, HttpPolicy, HttpRetry } from "../../model/http.js";
import { any, duration, type JsonObject } from "../json.js";
import { nextPlane } from "../plane-failover.js";
import { stringMatch } from "./match.js";

export const FAULT_FILTER = "envoy.filters.http.fault";
export const CORS_FILTER = "envoy.filters.http.cors";

/** Istio's, of routes that say nothing of it. */
const DEFAULT_RETRY: HttpRetry = {
  attempts: 2,
  on: ["connect-failure", "refused-stream", "unavailable", "cancelled"],
  statuses: [],
};
/** Draws for a host that was not tried yet. Istio's. */
const HOST_DRAWS = 5;

export interface RetryOptions {
  /** The request's host is one of its own, and no other of its plane is to be taken. */
  readonly isHashed: boolean;
  readonly hasPlanes: boolean;
}

/** Undefined: none. */
export function retryPolicy(
  retry: HttpRetry = DEFAULT_RETRY,
  { isHashed, hasPlanes }: RetryOptions,
): JsonObject | undefined {
  const { attempts, on, statuses, perTryTimeout_ms, backoff_ms, maxBackoff_ms } = retry;
  if (attempts === 0) return undefined;
  return {
    num_retries: attempts,
    retry_on: [...on, ...(statuses.length > 0 ? ["retriable-status-codes"] : [])].join(","),
    retriable_status_codes: statuses.length > 0 ? statuses : undefined,
    per_try_timeout: perTryTimeout_ms === undefined ? undefined : duration(perTryTimeout_ms),
    retry_back_off:
      backoff_ms === undefined
        ? undefined
        : {
            base_interval: duration(backoff_ms),
            max_interval: maxBackoff_ms === undefined ? undefined : duration(maxBackoff_ms),
          },
    retry_host_predicate: isHashed
      ? undefined
      : [
          {
            name: "envoy.retry_host_predicates.previous_hosts",
            typed_config: any("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate", {}),
          },
        ],
    host_selection_retry_max_attempts: isHashed ? undefined : HOST_DRAWS,
    ...(hasPlanes && nextPlane()),
  };
}

export function mirrorPolicies(mirrors: readonly HttpMirror[] = []): readonly JsonObject[] | undefined {
  if (mirrors.length === 0) return undefined;
  return mirrors.map((mirror) => ({
    cluster: clusterName(mirror),
    runtime_fraction: { default_value: fraction(mirror.percentage) },
  }));
}

/** Configuration of filters that do nothing without one. */
export function faultsAndCors({ delay, abort, cors }: HttpPolicy): JsonObject {
  return {
    ...((delay || abort) && {
      [FAULT_FILTER]: any("envoy.extensions.filters.http.fault.v3.HTTPFault", {
        delay: delay && { fixed_delay: duration(delay.fixedDelay_ms), percentage: fraction(delay.percentage) },
        abort: abort && {
          ...("http" in abort.status ? { http_status: abort.status.http } : { grpc_status: abort.status.grpc }),
          percentage: fraction(abort.percentage),
        },
      }),
    }),
    ...(cors && { [CORS_FILTER]: corsPolicy(cors) }),
  };
}

function corsPolicy(cors: Cors): JsonObject {
  const joined = (list: readonly string[]) => (list.length > 0 ? list.join(",") : undefined);
  return any("envoy.extensions.filters.http.cors.v3.CorsPolicy", {
    allow_origin_string_match: cors.allowOrigins.map(stringMatch),
    allow_methods: joined(cors.allowMethods),
    allow_headers: joined(cors.allowHeaders),
    expose_headers: joined(cors.exposeHeaders),
    max_age: cors.maxAge_s === undefined ? undefined : String(cors.maxAge_s),
    allow_credentials: cors.allowCredentials,
    filter_enabled: { default_value: fraction(100) },
    // As Istio has it: what other origins ask for is the service's to answer.
    forward_not_matching_preflights: true,
  });
}

/** Of a route, or of one of its destinations. */
export function headerChanges({ request, response }: HeaderMutations = {}): JsonObject {
  return { ...changes("request", request), ...changes("response", response) };
}

function changes(of: "request" | "response", mutation: HeaderMutation | undefined): JsonObject {
  if (mutation === undefined) return {};
  const { set, add, remove } = mutation;
  const options = [...values(add, "APPEND_IF_EXISTS_OR_ADD"), ...values(set, "OVERWRITE_IF_EXISTS_OR_ADD")];
  return {
    ...(options.length > 0 && { [`${of}_headers_to_add`]: options }),
    ...(remove.length > 0 && { [`${of}_headers_to_remove`]: remove }),
  };
}

function values(given: Readonly<Record<string, string>>, action: string): readonly JsonObject[] {
  return Object.entries(given).map(([key, value]) => ({
    header: { key, value },
    append_action: action,
    keep_empty_value: true,
  }));
}

function fraction(percentage: number): JsonObject {
  return { numerator: Math.round(percentage * 10_000), denominator: "MILLION" };
}
