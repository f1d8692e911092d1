import { closedMap, duration, type JsonSchema, text } from "../json-schema.js";

export const timeoutFrom: JsonSchema = {
  ...closedMap(
    {
      attribute: { ...text, description: "Its value is the milliseconds that the caller waits, a whole number." },
      max: { ...duration, description: "What a call gets that asks for more." },
    },
    ["attribute", "max"],
  ),
  description: "The timeout that a call itself asks for. One that asks for none, or for no time, has `timeout`.",
};
