import { closedMap, duration, type JsonSchema, MAX_UINT32, text } from "../json-schema.js";

/** What the filter keeps of a call at most. */
const MAX_MESSAGE_BYTES = 65_535;

export const retries: JsonSchema = {
  ...closedMap(
    {
      attempts: { type: "integer", minimum: 1, maximum: 100, description: "Retries of one call at most." },
      retryOn: {
        ...text,
        description:
          "When, separated by commas: `connect-failure`, `reset`, `timeout` (of one try), `refused` (the server has too much to do), `error` (any), and statuses of answers by the protocol's name or number. Default: `connect-failure,refused`.",
      },
      perTryTimeout: { ...duration, description: "What one try may take. Default: what the call may." },
      backoff: {
        ...duration,
        description: "The pause before a retry is drawn from 0 to this, doubled with each further one. Default: 25ms.",
      },
      maxBackoff: { ...duration, description: "Where doubling ends. Default: ten times `backoff`." },
      maxMessageBytes: {
        type: "integer",
        minimum: 1,
        maximum: MAX_MESSAGE_BYTES,
        description: `Longer calls are not kept, and not retried. Default: ${MAX_MESSAGE_BYTES}.`,
      },
      budget: {
        ...closedMap({
          percent: {
            type: "integer",
            minimum: 0,
            maximum: 100,
            description: "Of the route's calls in progress in a worker thread. Default: 20.",
          },
          minRetryConcurrency: {
            type: "integer",
            minimum: 0,
            maximum: MAX_UINT32,
            description: "So many may be however few are in progress. Default: 3.",
          },
        }),
        description: "How many calls may be being retried at a time.",
      },
    },
    ["attempts"],
  ),
  description: "Calls that fail are sent once more, to another host if there is one. One-way calls never are.",
};
