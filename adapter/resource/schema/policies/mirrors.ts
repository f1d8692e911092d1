import { destination } from "../destination.js";
import { closedMap, type JsonSchema, listOf } from "../json-schema.js";

export const mirrors: JsonSchema = {
  ...listOf(
    closedMap(
      {
        destination: { ...destination, description: "A service, or a part of it." },
        percentage: { type: "number", minimum: 0, maximum: 100, description: "Of the calls. Default: 100." },
      },
      ["destination"],
    ),
    1,
  ),
  maxItems: 16,
  description: "Where copies of the calls go besides. Their answers go nowhere, and no call waits for them.",
};
