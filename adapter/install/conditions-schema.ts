/** `status` of Meltemi's resources: conditions as Kubernetes' metav1.Condition has them. */
export const conditionsSchema = {
  type: "object",
  description: "What became of the resource. Written by Meltemi.",
  properties: {
    conditions: {
      type: "array",
      description:
        "Accepted: it is good in itself and in force. ResolvedRefs: what it names exists. Programmed: all Envoys have it.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: {
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
      },
    },
  },
};
