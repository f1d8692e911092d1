import { closedMap, type JsonSchema, listOf } from "./json-schema.js";

export const planeName: JsonSchema = {
  type: "string",
  maxLength: 63,
  pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
  "x-meltemi-expects": "the name of a plane: small letters, digits and `-`",
};

export const ipFamily: JsonSchema = {
  ...closedMap(
    {
      mode: {
        type: "string",
        enum: ["DEFAULT", "PRESERVE", "PREFER_IPV4", "PREFER_IPV6"],
        description:
          "DEFAULT: a host's first address, and if it does not answer at once the other one besides. PRESERVE: that of the client's connection. PREFER_IPV4, PREFER_IPV6: hosts with addresses of both are connected by that one, if it answers.",
      },
      fallback: {
        type: "string",
        enum: ["OTHER_FAMILY", "ERROR"],
        description:
          "Of PRESERVE: what becomes of calls where no host is healthy that has an address of the family. OTHER_FAMILY: hosts of the other stand in. ERROR: they fail. Default: OTHER_FAMILY.",
      },
    },
    ["mode"],
  ),
  "x-kubernetes-validations": [
    { rule: "!has(self.fallback) || self.mode == 'PRESERVE'", message: "fallback: only PRESERVE has one" },
  ],
};

/** Of a mesh, and of a destination. */
export const MAX_PLANES = 16;

/** Text of an address with the length of its prefix. */
const cidr: JsonSchema = { type: "string", minLength: 1, maxLength: 49 };
const interfaceName: JsonSchema = { type: "string", minLength: 1, maxLength: 15 };

export const planes: JsonSchema = {
  ...listOf(
    {
      ...closedMap(
        {
          name: { ...planeName, description: "As DestinationPolicies and the label `plane` of endpoints name it." },
          interfaces: {
            ...listOf(interfaceName, 1),
            maxItems: 16,
            description: "Of Envoys' machines: those with an address of such an interface are on the plane.",
          },
          cidrs: {
            ...listOf(cidr, 1),
            maxItems: 64,
            description: "Addresses of Envoys and of endpoints that are on the plane, of both families: `10.1.0.0/16`.",
          },
        },
        ["name"],
      ),
      "x-kubernetes-validations": [
        { rule: "has(self.interfaces) || has(self.cidrs)", message: "write one of interfaces, cidrs" },
      ],
    },
    1,
  ),
  maxItems: MAX_PLANES,
};

export const planeNames: JsonSchema = {
  ...listOf(planeName, 1),
  maxItems: MAX_PLANES,
  "x-kubernetes-list-type": "set",
};
