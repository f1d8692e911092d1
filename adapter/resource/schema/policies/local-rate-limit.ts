import { closedMap, duration, type JsonSchema, listOf, MAX_UINT32, text } from "../json-schema.js";
import { matchByMap } from "../match.js";

/** The filter's own bounds. */
const MAX_ATTRIBUTES = 8;
const MAX_BUCKETS = 65_536;
/** Kubernetes judges what its rules may cost by the longest text. */
const MAX_DURATION_LENGTH = 20;
/** Of a route, and as many of its VirtualService: 32 with those that stand alone. */
const MAX_LIMITS = 15;

const limit = closedMap(
  {
    maxTokens: { type: "integer", minimum: 1, maximum: MAX_UINT32, description: "Calls that may come at once." },
    tokensPerFill: {
      type: "integer",
      minimum: 1,
      maximum: MAX_UINT32,
      description: "Calls more that may come after each interval. Default: maxTokens.",
    },
    fillInterval: { ...duration, maxLength: MAX_DURATION_LENGTH, description: "How long an interval is." },
    match: matchByMap("The limit applies to calls for which one of the entries holds. Default: every call."),
    per: {
      ...listOf(text, 1),
      maxItems: MAX_ATTRIBUTES,
      "x-kubernetes-list-type": "set",
      description:
        "Attributes of the call, each of whose values has a bucket of its own. Calls without one have one, too. Default: one bucket for all calls.",
    },
    maxBuckets: {
      type: "integer",
      minimum: 1,
      maximum: MAX_BUCKETS,
      description: "With `per`: buckets that are kept. Values beyond share one. Default: 1024.",
    },
    scope: {
      type: "string",
      enum: ["ENVOY", "WORKER"],
      description:
        "Whose the tokens are: `ENVOY`, all worker threads of an Envoy share them; `WORKER`, each has its own. Default: ENVOY.",
    },
  },
  ["maxTokens", "fillInterval"],
);

export function localRateLimits(whose: string): Readonly<Record<string, JsonSchema>> {
  return {
    localRateLimit: {
      ...limit,
      description: `How many ${whose} each Envoy lets through. More get the protocol's error.`,
    },
    localRateLimits: {
      ...listOf(limit, 1),
      maxItems: MAX_LIMITS,
      description: "The same, where there are several: a call needs a token of each that applies to it.",
    },
  };
}
