import { anything, closedMap, labels, listOf, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

const server = {
  type: "object",
  required: ["port"],
  properties: {
    port: closedMap(
      {
        number: { type: "integer", minimum: 1, maximum: 65535 },
        protocol: text,
        name: { type: "string" },
        targetPort: anything,
      },
      ["number"],
    ),
    tls: { type: "object", properties: { mode: { type: "string" } } },
  },
} as const;

/** Istio's. Of what istiod alone acts upon nothing is asked. */
export const gatewaySchema = resourceSchema(closedMap({ selector: labels, servers: listOf(server) }));
