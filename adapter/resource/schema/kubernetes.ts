import { anything, type JsonSchema, labels, portNumber } from "./json-schema.js";

/** A map of which some fields are read. The API server has looked at the rest, or will. */
function openMap(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: "object", properties, required, additionalProperties: anything };
}

const texts: JsonSchema = { type: "array", items: { type: "string" } };

/** The API server writes null where there are none. */
const nullableList = (items: JsonSchema): JsonSchema => ({ type: ["array", "null"], items });

const object = (fields: Readonly<Record<string, JsonSchema>>, required: readonly string[]) =>
  openMap(
    {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: openMap({ name: { type: "string" }, namespace: { type: "string" }, labels: labels }, ["name"]),
      ...fields,
    },
    ["metadata", ...required],
  );

/** core/v1 */
export const serviceSchema = object(
  {
    spec: openMap({
      type: { type: "string" },
      clusterIP: { type: "string" },
      clusterIPs: texts,
      ports: {
        type: "array",
        items: openMap({ name: { type: "string" }, port: portNumber, appProtocol: { type: "string" } }, ["port"]),
      },
    }),
  },
  ["spec"],
);

/** discovery.k8s.io/v1 */
export const endpointSliceSchema = object(
  {
    addressType: { type: "string", enum: ["IPv4", "IPv6", "FQDN"] },
    endpoints: nullableList(
      openMap({ addresses: texts, conditions: openMap({}), zone: { type: "string" }, targetRef: openMap({}) }, [
        "addresses",
      ]),
    ),
    ports: nullableList(openMap({ name: { type: "string" }, port: portNumber })),
  },
  ["addressType"],
);

/** core/v1; of a Pod only the labels are read. */
export const podSchema = object({}, []);
