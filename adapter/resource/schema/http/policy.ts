import { destination } from "../destination.js";
import { closedMap, duration, type JsonSchema, listOf, refused, text } from "../json-schema.js";
import { stringMatch } from "./match.js";

/** Istio's Percent. */
const percent: JsonSchema = {
  ...closedMap({ value: { type: "number", minimum: 0, maximum: 100 } }),
  description: "0 to 100, to four decimals.",
};

const headerName: JsonSchema = { type: "string", minLength: 1, maxLength: 256 };
const headerValues: JsonSchema = {
  type: "object",
  maxProperties: 64,
  additionalProperties: { type: "string", maxLength: 8192 },
};

function operations(of: string): JsonSchema {
  return {
    ...closedMap({
      set: { ...headerValues, description: "Headers that are this, in place of what is there." },
      add: { ...headerValues, description: "One more header of that name." },
      remove: { ...listOf(headerName), maxItems: 64, description: "Headers that are taken out." },
    }),
    description: of,
  };
}

export const httpHeaders: JsonSchema = {
  ...closedMap({
    request: operations("In requests, before they are sent."),
    response: operations("In responses, before the client gets them."),
  }),
  description: "Headers that are changed.",
};

export const httpRetries: JsonSchema = {
  ...closedMap(
    {
      attempts: { type: "integer", minimum: 0, maximum: 1000, description: "Tries besides the first; 0: none." },
      perTryTimeout: { ...duration, description: "Default: that of the route." },
      retryOn: {
        ...text,
        maxLength: 1024,
        description:
          "Envoy's conditions, and statuses, with commas between them. Default: connect-failure,refused-stream,unavailable,cancelled.",
      },
      backoff: { ...duration, description: "The first pause is drawn from 0 to this. Default: 25ms." },
      retryIgnorePreviousHosts: refused("a retry passes over hosts that were tried, always: leave it out"),
      retryRemoteLocalities: refused("not supported: hosts of all localities are equal"),
    },
    ["attempts"],
  ),
  description: "Default: two tries besides the first, on the default of `retryOn`.",
};

export const httpFault: JsonSchema = {
  ...closedMap({
    delay: {
      ...closedMap(
        {
          fixedDelay: { ...duration, description: "How long requests are held back." },
          percentage: percent,
          percent: refused("deprecated: write percentage.value"),
          exponentialDelay: refused("Envoy has none: write fixedDelay"),
        },
        ["fixedDelay", "percentage"],
      ),
      description: "Requests that are held back.",
    },
    abort: {
      ...closedMap(
        {
          httpStatus: { type: "integer", minimum: 200, maximum: 599 },
          grpcStatus: { ...text, maxLength: 40, description: "A name such as UNAVAILABLE, or its number." },
          http2Error: refused("Envoy has none: write httpStatus or grpcStatus"),
          percentage: percent,
        },
        ["percentage"],
      ),
      description: "Requests that get an error in place of an answer: httpStatus or grpcStatus.",
    },
  }),
  description: "Errors on purpose. What has no percentage would do nothing in Istio, so it is needed here.",
};

export const mirror: JsonSchema = {
  ...destination,
  description: "Where copies of requests go; nobody waits for their answers.",
};

export const mirrors: JsonSchema = {
  ...listOf(
    closedMap({ destination: mirror, percentage: { ...percent, description: "Default: 100." } }, ["destination"]),
  ),
  maxItems: 8,
  description: "Several of them. Not with `mirror`.",
};

export const mirrorPercentage: JsonSchema = { ...percent, description: "Of requests that are copied. Default: 100." };

export const cors: JsonSchema = {
  ...closedMap({
    allowOrigins: { ...listOf(stringMatch("The origin"), 1), maxItems: 64 },
    allowMethods: { ...listOf(text), maxItems: 32 },
    allowHeaders: { ...listOf(text), maxItems: 64 },
    exposeHeaders: { ...listOf(text), maxItems: 64 },
    maxAge: { ...duration, description: "How long a browser may keep the answer; whole seconds." },
    allowCredentials: { type: "boolean" },
    allowOrigin: refused("deprecated: write allowOrigins"),
    unmatchedPreflights: refused("not supported: preflights of other origins go to the service"),
  }),
  description: "What browsers may do with answers that pages of other origins ask for.",
};
