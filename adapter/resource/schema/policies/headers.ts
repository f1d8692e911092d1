import { closedMap, type JsonSchema, listOf } from "../json-schema.js";

/** Longest name and value: what routes can match. */
const MAX_NAME_LENGTH = 1024;
const MAX_VALUE_LENGTH = 8192;
/** What the filter takes for one message. */
const MAX_NAMES = 64;

const value: JsonSchema = { type: "string", maxLength: MAX_VALUE_LENGTH };
const name: JsonSchema = { type: "string", minLength: 1, maxLength: MAX_NAME_LENGTH };

function values(description: string): JsonSchema {
  return { type: "object", minProperties: 1, maxProperties: MAX_NAMES, additionalProperties: value, description };
}

function operations(description: string): JsonSchema {
  return {
    ...closedMap({
      set: values("Attributes that are this, whether the message has them or not, by their names in the protocol."),
      add: values("Put behind the value that is there, and a comma; where there is none it is the value."),
      remove: {
        ...listOf(name, 1),
        maxItems: MAX_NAMES,
        "x-kubernetes-list-type": "set",
        description: "Names of attributes that are taken out.",
      },
    }),
    minProperties: 1,
    description,
  };
}

/** Istio's. `of`: whose messages. */
export function headers(of: string): JsonSchema {
  return {
    ...closedMap({
      request: operations("In calls, before they are sent."),
      response: operations("In answers, before the client gets them."),
    }),
    minProperties: 1,
    description: `Attributes that are changed in messages of ${of}: those that the protocol keeps by name (Dubbo: attachments).`,
  };
}
