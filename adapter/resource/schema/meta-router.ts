import {
  closedMap,
  duration,
  exportTo,
  type JsonSchema,
  listOf,
  MAX_UINT32,
  portNumber,
  refused,
  text,
} from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

const NOT_CHANGED = "calls and answers pass as they are, attachments included: take it out";
const NOT_MIRRORED = "calls are not sent twice: take it out";

const tokenBucket = closedMap(
  {
    maxTokens: { type: "integer", minimum: 1, maximum: MAX_UINT32 },
    tokensPerFill: { type: "integer", minimum: 1, maximum: MAX_UINT32 },
    fillInterval: duration,
  },
  ["maxTokens", "fillInterval"],
);

const matcher = closedMap({ exact: { type: "string" }, prefix: text, regex: text });

const match = closedMap({ attributes: { type: "object", additionalProperties: matcher } });

const route = closedMap(
  {
    name: { type: "string" },
    match,
    route: listOf(
      closedMap(
        {
          destination: closedMap({ host: text, subset: text, port: closedMap({ number: portNumber }, ["number"]) }, [
            "host",
          ]),
          weight: { type: "integer", minimum: 0, maximum: 100 },
        },
        ["destination"],
      ),
      1,
    ),
    mirror: refused(NOT_MIRRORED),
    mirrorPercentage: refused(NOT_MIRRORED),
    requestMutation: refused(NOT_CHANGED),
    responseMutation: refused(NOT_CHANGED),
  },
  ["route"],
);

const gateway: JsonSchema = {
  type: "string",
  enum: ["mesh"],
  "x-meltemi-expects": "mesh: sidecars and gateways get the same routes, so leave the field out",
};

/** Aeraki's. */
export const metaRouterSchema = resourceSchema(
  closedMap(
    {
      hosts: listOf(text, 1),
      gateways: listOf(gateway),
      routes: listOf(route, 1),
      exportTo,
      localRateLimit: closedMap({
        tokenBucket,
        conditions: { ...listOf(closedMap({ match, tokenBucket }, ["tokenBucket"])), maxItems: 31 },
      }),
      globalRateLimit: closedMap(
        {
          match,
          domain: text,
          requestTimeout: duration,
          denyOnFail: { type: "boolean" },
          rateLimitService: text,
          descriptors: {
            ...listOf(closedMap({ property: text, descriptorKey: text }, ["property", "descriptorKey"]), 1),
            maxItems: 16,
          },
        },
        ["domain", "rateLimitService", "descriptors"],
      ),
    },
    ["hosts", "routes"],
  ),
);

export const aerakiProtocolSchema = resourceSchema(closedMap({ protocol: text, codec: text }, ["protocol", "codec"]));
