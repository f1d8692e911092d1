import { anything, closedMap, labels, listOf, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

const LABEL = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?";

const egress = closedMap(
  {
    port: closedMap({
      // 0: a Unix domain socket.
      number: { type: "integer", minimum: 0, maximum: 65535 },
      protocol: text,
      name: { type: "string" },
      targetPort: anything,
    }),
    bind: { type: "string" },
    captureMode: { type: "string", enum: ["DEFAULT", "IPTABLES", "NONE"] },
    hosts: listOf(
      {
        type: "string",
        pattern: `^(~|~?(\\*|\\.|[a-z0-9]([-a-z0-9]*[a-z0-9])?))/(\\*|(\\*[-.])?${LABEL}(\\.${LABEL})*)$`,
        "x-meltemi-expects": "NAMESPACE/HOST, such as prod/*, ./reviews.prod.svc.cluster.local, */*.example.com or ~/*",
      },
      1,
    ),
  },
  ["hosts"],
);

/** Istio's. Of what istiod alone acts upon nothing is asked. */
export const sidecarSchema = resourceSchema(
  closedMap({
    workloadSelector: closedMap({ labels }),
    egress: listOf(egress),
    ingress: anything,
    outboundTrafficPolicy: closedMap({
      mode: { type: "string", enum: ["ALLOW_ANY", "REGISTRY_ONLY"] },
      egressProxy: anything,
    }),
    inboundConnectionPool: anything,
  }),
);
