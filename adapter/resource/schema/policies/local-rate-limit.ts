import { closedMap, duration, type JsonSchema, MAX_UINT32 } from "../json-schema.js";

export const localRateLimit: JsonSchema = {
  ...closedMap(
    {
      maxTokens: { type: "integer", minimum: 1, maximum: MAX_UINT32, description: "Calls that may come at once." },
      tokensPerFill: {
        type: "integer",
        minimum: 1,
        maximum: MAX_UINT32,
        description: "Calls more that may come after each interval. Default: maxTokens.",
      },
      fillInterval: { ...duration, description: "How long an interval is." },
    },
    ["maxTokens", "fillInterval"],
  ),
  description: "How many calls may come, to each worker thread of each Envoy. More get the protocol's error.",
};
