import { closedMap, duration, type JsonSchema, text } from "../json-schema.js";

const count: JsonSchema = { type: "integer", minimum: 1, maximum: 0x7fffffff };
const percentage: JsonSchema = { type: "integer", minimum: 1, maximum: 100 };

/** By what calls say. What connections say is told Envoy by Istio's DestinationRule. */
export const outlierDetection: JsonSchema = {
  ...closedMap({
    consecutiveErrors: {
      ...count,
      description: "Calls in a row that end in an error. Default: not looked at, or 5 without errorPercentage.",
    },
    errorPercentage: {
      ...percentage,
      description: "Calls that end in an error, of those in an interval. Default: not looked at.",
    },
    minimumCalls: {
      ...count,
      description: "With fewer calls in an interval errorPercentage is not looked at. Default: 20.",
    },
    interval: { ...duration, description: "Default: 10s." },
    baseEjectionTime: {
      ...duration,
      description: "How long a host gets no calls, times how often that was the case. Default: 30s.",
    },
    maxEjectionTime: { ...duration, description: "At most. Default: 300s." },
    maxEjectionPercent: {
      ...percentage,
      description: "Of the hosts so many are left out at most, but one at least. Default: 10.",
    },
    statuses: {
      ...text,
      maxLength: 512,
      description:
        "Statuses that are errors, by the protocol's names or numbers, with commas between them. Default: all that are no success.",
    },
  }),
  minProperties: 1,
  description: "When a host gets no calls for a while, by how its calls end.",
};
