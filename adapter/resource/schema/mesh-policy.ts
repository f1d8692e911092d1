import { closedMap } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";
import { ipFamily, planes } from "./network.js";

export const meshPolicySchema = resourceSchema(
  {
    ...closedMap({
      dualStack: {
        type: "boolean",
        description:
          "Whether Envoys whose machines have IPv4 and IPv6 use both; false: the family of the first address that they announce. What an Envoy says of itself (DUAL_STACK) goes before. Default: true.",
      },
      outboundTrafficPolicy: {
        ...closedMap(
          {
            mode: {
              type: "string",
              enum: ["ALLOW_ANY", "REGISTRY_ONLY"],
              description:
                "ALLOW_ANY: such connections go to where they were going. REGISTRY_ONLY: they are ended. Default: ALLOW_ANY.",
            },
          },
          ["mode"],
        ),
        description:
          "What Envoys that connections are redirected to do with those to addresses of no service. Default: as Istio's Sidecar says, else ALLOW_ANY.",
      },
      ipFamily: {
        ...ipFamily,
        description:
          "Of which family connections to services are, where no DestinationPolicy says it. Default: DEFAULT.",
      },
      planes: {
        ...planes,
        description:
          "The networks that machines are on, where there are several. Services are reached by the first one, and by the next where that fails; a DestinationPolicy may say another order.",
      },
    }),
    "x-kubernetes-validations": [
      {
        rule: "has(self.dualStack) || has(self.outboundTrafficPolicy) || has(self.ipFamily) || has(self.planes)",
        message: "write one of dualStack, outboundTrafficPolicy, ipFamily, planes",
      },
    ],
  },
  "What holds for the Envoys of a namespace, or, in the root namespace, for those of all.",
);
