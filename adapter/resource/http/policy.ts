import type {
  Cors,
  HeaderMutation,
  HeaderMutations,
  HttpAbort,
  HttpPolicy,
  HttpRetry,
  StringMatch,
} from "../../model/http.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import { suggestion } from "../near.js";
import type { Report } from "../report.js";
import { HEADER_NAME, parseStringMatch, type WrittenStringMatch } from "./match.js";

export interface WrittenPercent {
  readonly value?: number;
}

interface WrittenOperations {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

export interface WrittenHttpHeaders {
  readonly request?: WrittenOperations;
  readonly response?: WrittenOperations;
}

export interface WrittenHttpPolicy {
  readonly timeout?: string;
  readonly retries?: {
    readonly attempts: number;
    readonly perTryTimeout?: string;
    readonly retryOn?: string;
    readonly backoff?: string;
  };
  readonly fault?: {
    readonly delay?: { readonly fixedDelay: string; readonly percentage: WrittenPercent };
    readonly abort?: {
      readonly httpStatus?: number;
      readonly grpcStatus?: string;
      readonly percentage: WrittenPercent;
    };
  };
  readonly corsPolicy?: {
    readonly allowOrigins?: readonly WrittenStringMatch[];
    readonly allowMethods?: readonly string[];
    readonly allowHeaders?: readonly string[];
    readonly exposeHeaders?: readonly string[];
    readonly maxAge?: string;
    readonly allowCredentials?: boolean;
  };
}

/** What is asked of requests that no destination changes. */
export function parseHttpPolicy(
  { timeout, retries, fault, corsPolicy }: WrittenHttpPolicy,
  path: FieldPath,
  report: Report,
): HttpPolicy {
  const timeout_ms = optionalDuration_ms(timeout, 1, [...path, "timeout"], report);
  const retry = retries && parseHttpRetries(retries, [...path, "retries"], report);
  return {
    ...(timeout_ms !== undefined && { timeout_ms }),
    ...(retry && { retry }),
    ...(fault && parseFault(fault, [...path, "fault"], report)),
    ...(corsPolicy && { cors: parseCors(corsPolicy, [...path, "corsPolicy"], report) }),
  };
}

/** Istio's. */
const DEFAULT_RETRY_ON = "connect-failure,refused-stream,unavailable,cancelled";

const CONDITIONS: readonly string[] = [
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "refused-stream",
  "retriable-4xx",
  "envoy-ratelimited",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
];

function parseHttpRetries(
  { attempts, perTryTimeout, retryOn = DEFAULT_RETRY_ON, backoff }: NonNullable<WrittenHttpPolicy["retries"]>,
  path: FieldPath,
  report: Report,
): HttpRetry {
  const perTryTimeout_ms = optionalDuration_ms(perTryTimeout, 1, [...path, "perTryTimeout"], report);
  const backoff_ms = optionalDuration_ms(backoff, 1, [...path, "backoff"], report);
  const words = retryOn.split(",").map((word) => word.trim());
  // What Istio's users write besides the statuses, which say it.
  const conditions = words.filter((word) => !isStatus(word) && word !== "retriable-status-codes");
  for (const word of conditions) {
    if (CONDITIONS.includes(word)) continue;
    report([...path, "retryOn"], `${word} is no condition of Envoy's, and no status${suggestion(word, CONDITIONS)}`);
  }
  return {
    attempts,
    ...(perTryTimeout_ms !== undefined && { perTryTimeout_ms }),
    on: conditions,
    statuses: words.filter(isStatus).map(Number),
    ...(backoff_ms !== undefined && { backoff_ms }),
  };
}

function isStatus(word: string): boolean {
  return /^[1-5][0-9][0-9]$/.test(word);
}

function parseFault(
  { delay, abort }: NonNullable<WrittenHttpPolicy["fault"]>,
  path: FieldPath,
  report: Report,
): Pick<HttpPolicy, "delay" | "abort"> {
  const fixedDelay_ms = optionalDuration_ms(delay?.fixedDelay, 1, [...path, "delay", "fixedDelay"], report);
  const status = abort && parseAbort(abort, [...path, "abort"], report);
  return {
    ...(delay && fixedDelay_ms !== undefined && { delay: { percentage: delay.percentage.value ?? 0, fixedDelay_ms } }),
    ...(abort && status && { abort: { percentage: abort.percentage.value ?? 0, status } }),
  };
}

const GRPC_STATUSES: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

function parseAbort(
  { httpStatus, grpcStatus }: { readonly httpStatus?: number; readonly grpcStatus?: string },
  path: FieldPath,
  report: Report,
): HttpAbort["status"] | undefined {
  if ((httpStatus === undefined) === (grpcStatus === undefined)) {
    report(path, "write httpStatus or grpcStatus, one of them");
    return undefined;
  }
  if (httpStatus !== undefined) return { http: httpStatus };
  const word = (grpcStatus ?? "").toUpperCase();
  const grpc = /^[0-9]+$/.test(word) ? Number(word) : GRPC_STATUSES.indexOf(word);
  if (grpc >= 0 && grpc < GRPC_STATUSES.length) return { grpc };
  report([...path, "grpcStatus"], `${grpcStatus} is no status of gRPC${suggestion(word, GRPC_STATUSES)}`);
  return undefined;
}

function parseCors(written: NonNullable<WrittenHttpPolicy["corsPolicy"]>, path: FieldPath, report: Report): Cors {
  const {
    allowOrigins = [],
    allowMethods = [],
    allowHeaders = [],
    exposeHeaders = [],
    maxAge,
    allowCredentials,
  } = written;
  const maxAge_ms = optionalDuration_ms(maxAge, 1000, [...path, "maxAge"], report);
  const origins = allowOrigins.flatMap((one, index): readonly StringMatch[] => {
    const match = parseStringMatch(one, [...path, "allowOrigins", index], report);
    return match ? [match] : [];
  });
  return {
    allowOrigins: origins,
    allowMethods,
    allowHeaders,
    exposeHeaders,
    ...(maxAge_ms !== undefined && { maxAge_s: Math.floor(maxAge_ms / 1000) }),
    ...(allowCredentials !== undefined && { allowCredentials }),
  };
}

/** Names by which Istio has the authority changed. */
const AUTHORITY: readonly string[] = [":authority", "host"];

/**
 * What is changed of headers, and what the request then calls its host: Istio takes that from here, too. Undefined where nothing
 * is asked for.
 */
export function parseHttpHeaders(
  written: WrittenHttpHeaders,
  path: FieldPath,
  report: Report,
): { readonly headers?: HeaderMutations; readonly authority?: string } {
  let authority: string | undefined;
  const read = (operations: WrittenOperations, at: FieldPath, isRequest: boolean): HeaderMutation => {
    const named = (given: Readonly<Record<string, string>> = {}, which: "set" | "add") => {
      const kept: [string, string][] = [];
      for (const [name, value] of Object.entries(given)) {
        const lower = name.toLowerCase();
        const where = [...at, which, name];
        if (isRequest && AUTHORITY.includes(lower)) authority = value;
        else if (requireHeader(lower, where, report)) kept.push([lower, literal(value, where, report)]);
      }
      return Object.fromEntries(kept);
    };
    const remove = (operations.remove ?? []).map((name, index) => {
      const lower = name.toLowerCase();
      if (lower === "host") report([...at, "remove", index], "a request needs it");
      else requireHeader(lower, [...at, "remove", index], report);
      return lower;
    });
    return { set: named(operations.set, "set"), add: named(operations.add, "add"), remove };
  };
  const request = written.request && read(written.request, [...path, "request"], true);
  const response = written.response && read(written.response, [...path, "response"], false);
  const headers = {
    ...(request && !isIdle(request) && { request }),
    ...(response && !isIdle(response) && { response }),
  };
  return {
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(authority !== undefined && { authority }),
  };
}

function isIdle({ set, add, remove }: HeaderMutation): boolean {
  return Object.keys(set).length + Object.keys(add).length + remove.length === 0;
}

function requireHeader(name: string, path: FieldPath, report: Report): boolean {
  if (HEADER_NAME.test(name)) return true;
  report(path, name.startsWith(":") ? "Envoy does not change it" : "is no name of a header");
  return false;
}

/** What Envoy puts in place of `%NAME%` whatever the request is. One that it does not know holds back all routes. */
const KNOWN = [
  "DOWNSTREAM_REMOTE_ADDRESS",
  "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_LOCAL_ADDRESS",
  "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_LOCAL_PORT",
  "HOSTNAME",
  "PROTOCOL",
  "RESPONSE_CODE",
  "RESPONSE_FLAGS",
  "ROUTE_NAME",
  "START_TIME",
  "UPSTREAM_HOST",
];
const FORMAT = new RegExp(`^([^%]|%%|%(${KNOWN.join("|")})%|%(REQ|RESP)\\(:?[A-Za-z0-9_-]+\\)(:[0-9]{1,4})?%)*$`, "s");

function literal(value: string, path: FieldPath, report: Report): string {
  if (/[\r\n\0]/.test(value)) report(path, "a header's value is one line");
  if (!FORMAT.test(value)) {
    report(
      path,
      `a percent sign is written %%; between two of them stands REQ(NAME), RESP(NAME) or one of ${KNOWN.join(", ")}`,
    );
  }
  return value;
}
