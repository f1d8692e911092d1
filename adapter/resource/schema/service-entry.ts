import { anything, closedMap, labels, listOf, portNumber, refused, serviceExportTo, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

/** Istio's WorkloadEntry, in itself and as an endpoint of a ServiceEntry. */
const workload = closedMap(
  {
    address: text,
    ports: { type: "object", additionalProperties: portNumber },
    labels,
    network: refused("endpoints of other networks are reached through gateways, which Meltemi does not do yet"),
    locality: {
      type: "string",
      pattern: "^[^/]+(/[^/]+){0,2}$",
      "x-meltemi-expects": "region, region/zone or region/zone/subzone",
    },
    weight: { type: "integer", minimum: 1, maximum: 1_000_000 },
    serviceAccount: anything,
  },
  ["address"],
);

export const workloadEntrySchema = resourceSchema(workload);

const servicePort = closedMap({ number: portNumber, name: text, protocol: text, targetPort: portNumber }, [
  "number",
  "name",
]);

export const serviceEntrySchema = resourceSchema(
  closedMap(
    {
      hosts: listOf(text, 1),
      // By them Istio's listeners are told apart; Meltemi's own have all services of a protocol and port behind one.
      addresses: listOf(text),
      ports: listOf(servicePort, 1),
      location: { type: "string", enum: ["MESH_EXTERNAL", "MESH_INTERNAL"] },
      resolution: {
        type: "string",
        enum: ["STATIC", "DNS"],
        "x-meltemi-refused-values": {
          NONE: "calls are routed to endpoints, so there must be some: write STATIC, or DNS",
          DNS_ROUND_ROBIN: "not supported: write DNS, which uses every address that the name resolves to",
          DYNAMIC_DNS: "wildcard hosts are not supported: write DNS and the host's full name",
        },
      },
      endpoints: listOf(workload),
      workloadSelector: closedMap({ labels: { ...labels, minProperties: 1 } }, ["labels"]),
      exportTo: serviceExportTo,
      subjectAltNames: refused("not taken from here: write them in the DestinationRule's tls.subjectAltNames"),
    },
    ["hosts", "ports", "resolution"],
  ),
);
