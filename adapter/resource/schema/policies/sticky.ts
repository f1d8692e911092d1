import { closedMap, type JsonSchema, text } from "../json-schema.js";

export const sticky: JsonSchema = {
  ...closedMap({ attribute: { ...text, description: "Calls with equal values of it go to one destination." } }, [
    "attribute",
  ]),
  description: "Chooses the destination by a value, in proportion to the weights. Default: it is drawn for each call.",
};
