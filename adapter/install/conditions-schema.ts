import { parentReference } from "../resource/schema/gateway-api/common.js";
import { structural } from "./structural-schema.js";

/** metav1.Condition of Kubernetes. */
const condition = {
  type: "object",
  required: ["type", "status", "lastTransitionTime", "reason", "message"],
  properties: {
    type: { type: "string", description: "Accepted, ResolvedRefs or Programmed.", maxLength: 316 },
    status: { type: "string", description: "Whether it holds.", enum: ["True", "False", "Unknown"] },
    observedGeneration: {
      type: "integer",
      format: "int64",
      minimum: 0,
      description: "The metadata.generation that this is about.",
    },
    lastTransitionTime: { type: "string", format: "date-time", description: "When `status` became what it is." },
    reason: { type: "string", description: "Why, in a word.", maxLength: 1024, minLength: 1 },
    message: { type: "string", description: "Why, for people: the field, and what is wrong.", maxLength: 32768 },
  },
};

function conditions(description: string): object {
  return {
    type: "array",
    description,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
    items: condition,
  };
}

/** `status` of Meltemi's resources. */
export const conditionsSchema = {
  type: "object",
  description: "What became of the resource. Written by Meltemi.",
  properties: {
    conditions: conditions(
      "Accepted: it is good in itself and in force. ResolvedRefs: what it names exists. Programmed: all Envoys have it.",
    ),
  },
};

/** Of those that may have parents: as the Gateway API has it of its routes. */
export const parentsSchema = {
  ...conditionsSchema,
  properties: {
    ...conditionsSchema.properties,
    parents: {
      type: "array",
      description: "What became of it at each of its parents.",
      "x-kubernetes-list-type": "atomic",
      items: {
        type: "object",
        required: ["parentRef", "controllerName"],
        properties: {
          parentRef: { ...structural(parentReference), description: "The parent, as it is named in spec.parentRefs." },
          controllerName: { type: "string", description: "Who wrote it: meltemi.io/gateway-controller." },
          conditions: conditions("Accepted: a listener takes it. ResolvedRefs: what it names exists."),
        },
      },
    },
  },
};
