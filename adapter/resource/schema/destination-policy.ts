import { closedMap, duration, type JsonSchema, portSelector, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";
import { ipFamily, planeNames } from "./network.js";
import { outlierDetection } from "./policies/outlier-detection.js";

const count: JsonSchema = { type: "integer", minimum: 1, maximum: 0x7fffffff };

/** What one client's connection can have to all destinations together is bounded by the same number. */
const tunnelCount: JsonSchema = { type: "integer", minimum: 1, maximum: 256 };

const tunnels = closedMap({
  minimum: {
    ...tunnelCount,
    description:
      "So many are opened as calls come. Default: one for each endpoint, four at most; one where Envoy resolves names.",
  },
  maximum: { ...tunnelCount, description: "So many at most. Default: 16." },
  callsInFlight: { ...count, description: "Calls without an answer on each before one more is opened. Default: 100." },
  maxAge: {
    ...duration,
    description: "One so old takes no new calls, and is closed after its last answer. Default: 60s.",
  },
  maxCalls: { ...count, description: "The same after so many calls. Default: no limit." },
  hashBuckets: {
    type: "integer",
    minimum: 1,
    maximum: 4096,
    description:
      "With consistentHash by an attribute: in so many parts its values are looked at, each of which leads to a host. Default: 256.",
  },
});

export const destinationPolicySchema = resourceSchema(
  {
    ...closedMap(
      {
        host: { ...text, description: "Host of a service; a short name is one of the resource's own namespace." },
        subset: {
          ...text,
          description: "A subset of the host's DestinationRule. Default: the host and all its subsets.",
        },
        port: portSelector("Port of the service. Default: every port."),
        tunnels: {
          ...tunnels,
          minProperties: 1,
          "x-kubernetes-validations": [
            {
              rule: "!(has(self.minimum) && has(self.maximum)) || self.minimum <= self.maximum",
              message: "maximum must not be less than minimum",
            },
          ],
          description: "The upstream connections that one client's connection has to the destination.",
        },
        outlierDetection,
        ipFamily: {
          ...ipFamily,
          description: "Of which family connections to the destination are. Default: as the MeshPolicy says.",
        },
        planes: {
          ...planeNames,
          description:
            "Planes of the MeshPolicy by which the destination may be reached, the first to be used in front; hosts on others are left out. Default: all, in the MeshPolicy's order.",
        },
      },
      ["host"],
    ),
    "x-kubernetes-validations": [
      {
        rule: "has(self.tunnels) || has(self.outlierDetection) || has(self.ipFamily) || has(self.planes)",
        message: "write one of tunnels, outlierDetection, ipFamily, planes",
      },
      {
        rule: "!(has(self.ipFamily) && has(self.outlierDetection) && self.ipFamily.mode == 'PRESERVE' && has(self.ipFamily.fallback) && self.ipFamily.fallback == 'ERROR')",
        message:
          "ipFamily: with outlierDetection calls are sent to hosts by name, whatever their family: write OTHER_FAMILY",
      },
    ],
  },
  "The way to a service: the upstream connections that one client's connection has, which hosts they leave out, by which family of addresses and which planes.",
);
