import { closedMap, duration, type JsonSchema, MAX_UINT32, text } from "../json-schema.js";

const delay: JsonSchema = {
  ...closedMap(
    {
      percentage: { type: "number", minimum: 0, maximum: 100, description: "Of the calls. Default: 100." },
      fixedDelay: { ...duration, description: "How long." },
    },
    ["fixedDelay"],
  ),
  description: "Calls are held back. Those behind them on the connection are not, unless answers come in order.",
};

const abort: JsonSchema = {
  ...closedMap({
    percentage: { type: "number", minimum: 0, maximum: 100, description: "Of the calls. Default: 100." },
    status: {
      type: "integer",
      minimum: 1,
      maximum: MAX_UINT32,
      description: "The error, by the protocol's own number. Default: that of a server's failure.",
    },
    message: { ...text, maxLength: 400, description: "The error's text." },
  }),
  description: "Calls get an error in place of an answer.",
};

export const fault: JsonSchema = {
  ...closedMap({ delay, abort }),
  description: "Faults for calls of the route, to try what becomes of their callers.",
};
