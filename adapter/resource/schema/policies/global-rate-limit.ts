import { closedMap, duration, type JsonSchema, listOf, portSelector, text } from "../json-schema.js";
import { matchByMap } from "../match.js";

/** The filter's own bounds. */
const MAX_DESCRIPTORS = 16;
const MAX_ENTRIES = 16;
const MAX_DOMAIN_LENGTH = 256;

const entry = closedMap(
  {
    key: { ...text, description: "Its key." },
    value: { ...text, description: "Its value, the same for all calls. Either this or `attribute`." },
    attribute: { ...text, description: "The attribute of the call that its value is." },
    skipIfAbsent: {
      type: "boolean",
      description:
        "Of a call without the attribute the entry is left out, and not the whole descriptor. Default: false.",
    },
  },
  ["key"],
);

const descriptor = closedMap(
  {
    entries: {
      ...listOf(entry, 1),
      maxItems: MAX_ENTRIES,
      description: "Keys and values, in the order in which the service knows them.",
    },
    match: matchByMap("It is sent for calls for which one of the entries holds. Default: every call."),
  },
  ["entries"],
);

export function globalRateLimit(whose: string): JsonSchema {
  return {
    ...closedMap(
      {
        service: {
          ...closedMap(
            {
              host: { ...text, description: "Host of a service; a short name is one of the resource's own namespace." },
              port: portSelector("Port of the service. Default: its only one."),
            },
            ["host"],
          ),
          description: "A service that speaks Envoy's rate limit protocol (envoy.service.ratelimit.v3) over gRPC.",
        },
        domain: { ...text, maxLength: MAX_DOMAIN_LENGTH, description: "What the service knows the limits by." },
        timeout: { ...duration, description: "How long its answer is awaited. Default: 20ms." },
        failureModeDeny: {
          type: "boolean",
          description: "Calls that it has not answered for are kept back, and do not go on. Default: false.",
        },
        descriptors: {
          ...listOf(descriptor, 1),
          maxItems: MAX_DESCRIPTORS,
          description: "What a call is to the service: one limit that is exceeded keeps it back.",
        },
      },
      ["service", "domain", "descriptors"],
    ),
    description: `A service is asked about ${whose} whether they may go on. Those that may not get the protocol's error.`,
  };
}
