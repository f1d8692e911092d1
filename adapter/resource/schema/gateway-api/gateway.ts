import { anything, closedMap, type JsonSchema, labels, listOf, portNumber, refused, text } from "../json-schema.js";
import { resourceSchema } from "../metadata.js";
import { hostname, objectReference } from "./common.js";

/** Of a listener's `tls.options`: files on the gateway's machine, PEM. */
export const CERTIFICATE_OPTION = "meltemi.io/server-certificate";
export const KEY_OPTION = "meltemi.io/private-key";

export const gatewayClassSchema = resourceSchema(
  closedMap({ controllerName: text, parametersRef: anything, description: anything }, ["controllerName"]),
);

/** Kubernetes' LabelSelector. */
const labelSelector = closedMap({
  matchLabels: labels,
  matchExpressions: listOf(
    closedMap(
      {
        key: text,
        operator: { type: "string", enum: ["In", "NotIn", "Exists", "DoesNotExist"] },
        values: listOf({ type: "string" }),
      },
      ["key", "operator"],
    ),
  ),
});

const allowedRoutes = closedMap({
  namespaces: closedMap({
    from: { type: "string", enum: ["All", "Same", "Selector"] },
    selector: labelSelector,
  }),
  kinds: listOf(closedMap({ group: { type: "string" }, kind: text }, ["kind"])),
});

const listener = closedMap(
  {
    name: text,
    hostname,
    port: portNumber,
    protocol: text,
    tls: closedMap({
      mode: { type: "string", enum: ["Terminate", "Passthrough"] },
      certificateRefs: listOf(objectReference),
      options: closedMap({ [CERTIFICATE_OPTION]: text, [KEY_OPTION]: text }),
    }),
    allowedRoutes,
  },
  ["name", "port", "protocol"],
);

export const gatewaySpecSchema: JsonSchema = closedMap(
  {
    gatewayClassName: text,
    listeners: listOf(listener, 1),
    addresses: listOf(
      closedMap(
        {
          type: {
            type: "string",
            enum: ["Hostname"],
            "x-meltemi-refused-values": {
              IPAddress: "Meltemi gives nobody an address: name the Service before the Envoys, as type Hostname",
              NamedAddress: "Meltemi gives nobody an address: name the Service before the Envoys, as type Hostname",
            },
          },
          value: text,
        },
        ["type", "value"],
      ),
    ),
    infrastructure: closedMap({
      labels: anything,
      annotations: anything,
      parametersRef: refused("Meltemi starts no Envoys for a Gateway, and knows no parameters of them"),
    }),
    allowedListeners: closedMap({
      namespaces: closedMap({
        from: {
          type: "string",
          enum: ["None"],
          "x-meltemi-refused-values": Object.fromEntries(
            ["All", "Same", "Selector"].map((from) => [from, "ListenerSets are not read"]),
          ),
        },
      }),
    }),
    tls: refused(
      "certificates of clients and towards backends are not read from here: a DestinationRule has the latter",
    ),
    defaultScope: {
      type: "string",
      enum: ["None"],
      "x-meltemi-refused-values": { All: "no Gateway is the default: routes name theirs" },
    },
  },
  ["gatewayClassName", "listeners"],
);

export const referenceGrantSchema = resourceSchema(
  closedMap(
    {
      from: listOf(
        closedMap({ group: { type: "string" }, kind: text, namespace: text }, ["group", "kind", "namespace"]),
      ),
      to: listOf(closedMap({ group: { type: "string" }, kind: text, name: { type: "string" } }, ["group", "kind"])),
    },
    ["from", "to"],
  ),
);
