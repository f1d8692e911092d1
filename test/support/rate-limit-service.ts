import protobuf from "protobufjs";

/** envoy.service.ratelimit.v3, as far as it is of use here. */
const { root } = protobuf.parse(
  `
syntax = "proto3";
message Request { string domain = 1; repeated Descriptor descriptors = 2; uint32 hits_addend = 3; }
message Descriptor { repeated Entry entries = 1; }
message Entry { string key = 1; string value = 2; }
message Response { uint32 overall_code = 1; repeated Status statuses = 2; }
message Status { uint32 code = 1; Limit current_limit = 2; uint32 limit_remaining = 3; Duration duration_until_reset = 4; }
message Limit { uint32 requests_per_unit = 1; uint32 unit = 2; string name = 3; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
`,
  { keepCase: true },
);

const requestType = root.lookupType("Request");
const responseType = root.lookupType("Response");

export const RATE_LIMIT_SERVICE = "envoy.service.ratelimit.v3.RateLimitService";

export interface RateLimitRequest {
  readonly domain: string;
  readonly descriptors: readonly { readonly entries: readonly { readonly key: string; readonly value: string }[] }[];
  readonly hits_addend: number;
}

export const CODES = { OK: 1, OVER_LIMIT: 2 } as const;

export function decodeRequest(bytes: Uint8Array): RateLimitRequest {
  return requestType.toObject(requestType.decode(bytes), { defaults: true, arrays: true }) as RateLimitRequest;
}

/** `remaining`: of a limit that there is; undefined: there is none. */
export function encodeResponse(code: keyof typeof CODES, remaining?: number, reset_s = 0): Uint8Array {
  const limit = { requests_per_unit: 100, unit: 1 };
  const reset = reset_s ? { duration_until_reset: { seconds: Math.floor(reset_s), nanos: (reset_s % 1) * 1e9 } } : {};
  const status = {
    code: CODES[code],
    ...(remaining !== undefined && { current_limit: limit, limit_remaining: remaining }),
    ...reset,
  };
  return responseType.encode({ overall_code: CODES[code], statuses: [status] }).finish();
}

/** The request on one line: `DOMAIN HITS KEY=VALUE,KEY=VALUE;KEY=VALUE`. */
export function describeRequest({ domain, descriptors, hits_addend }: RateLimitRequest): string {
  const described = descriptors.map(({ entries }) => entries.map(({ key, value }) => `${key}=${value}`).join(","));
  return `${domain} ${hits_addend} ${described.join(";")}`;
}
