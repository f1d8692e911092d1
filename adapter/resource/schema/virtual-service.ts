import { AUTO, CODECS } from "../../model/protocols.js";
import { destination } from "./destination.js";
import { parentReference } from "./gateway-api/common.js";
import { closedMap, exportTo, type JsonSchema, listOf, protocol, text } from "./json-schema.js";
import { match } from "./match.js";
import { resourceSchema } from "./metadata.js";
import { serviceCircuitBreaker } from "./policies/circuit-breaker.js";
import { globalRateLimit } from "./policies/global-rate-limit.js";
import { headers } from "./policies/headers.js";
import { localRateLimits } from "./policies/local-rate-limit.js";
import { commonPolicies, policies } from "./policies/policies.js";

/** Interfaces of Java have long names: with their packages and versions a few hundred characters. */
const MAX_HOST_LENGTH = 1024;

/** Names for one set of routes: a process with a thousand interfaces is large. */
const MAX_HOSTS = 4096;

/** Kubernetes bounds what its rules may cost by the longest lists; and an object of so many routes is near etcd's limit. */
const MAX_ROUTES = 4096;

/** Istio's, and one of Meltemi's own. */
export const gateways: JsonSchema = {
  ...listOf(
    {
      type: "string",
      maxLength: 317,
      pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
      "x-meltemi-expects": "mesh, the name of a Gateway, or NAMESPACE/NAME",
    },
    1,
  ),
  maxItems: 100,
  "x-kubernetes-list-type": "set",
  description:
    "Whose calls it routes: `mesh`, those of sidecars; a Gateway by NAME or NAMESPACE/NAME, those that come in there. Default: mesh alone.",
};

const parentRefs: JsonSchema = {
  ...listOf(parentReference),
  maxItems: 32,
  description:
    "Gateways of the Gateway API, by listeners of whose it is served: of protocol networking.meltemi.io/ and the RPC protocol. It is not served in the mesh then.",
};

/** Where the calls of one route go. A whole number of percent each makes more than a hundred of them pointless. */
const destinations: JsonSchema = {
  ...listOf(
    closedMap(
      {
        destination: { ...destination, description: "A service, or a part of it." },
        weight: { type: "integer", minimum: 0, maximum: 100, description: "Percentage of the calls." },
        headers: headers("calls that go there, besides those that the route changes"),
      },
      ["destination"],
    ),
    1,
  ),
  maxItems: 100,
  description: "Where the calls go. The weights of several destinations add up to 100.",
  "x-kubernetes-validations": [
    {
      rule: "self.size() == 1 || self.all(one, has(one.weight))",
      message: "weight is needed where there are several destinations",
    },
    {
      rule: "!self.all(one, has(one.weight)) || self.map(one, one.weight).sum() == 100",
      message: "the weights must add up to 100",
    },
  ],
};

const route = closedMap(
  {
    name: { ...text, description: "For logs and `meltemi explain`. Default: `route-` and the index." },
    match: match("The route takes calls for which one of the entries holds. Default: every call."),
    route: destinations,
    ...policies,
  },
  ["route"],
);

export const virtualServiceSchema = resourceSchema(
  {
    ...closedMap(
      {
        hosts: {
          ...listOf(
            {
              ...text,
              maxLength: MAX_HOST_LENGTH,
              "x-kubernetes-validations": [
                {
                  rule: "self == '*' || !self.contains('*')",
                  message: "names are compared as a whole; `*` alone takes what no other VirtualService takes",
                },
              ],
            },
            1,
          ),
          maxItems: MAX_HOSTS,
          "x-kubernetes-list-type": "set",
          description: "Names of services: as they stand in the message, or hosts. `*`: what no other one takes.",
        },
        protocol: { ...protocol, description: "Default: that of the destination's port." },
        protocols: {
          ...listOf({ type: "string", enum: [...CODECS] }, 1),
          maxItems: CODECS.length,
          "x-kubernetes-list-type": "set",
          description:
            "With protocol `auto`: what connections may speak, each told by its first bytes. Default: all that Meltemi can tell.",
        },
        exportTo,
        gateways,
        parentRefs,
        ...commonPolicies,
        circuitBreaker: serviceCircuitBreaker,
        ...localRateLimits("calls of all its routes together"),
        globalRateLimit: globalRateLimit("calls of routes that have no `globalRateLimit` of their own"),
        routes: { ...listOf(route, 1), maxItems: MAX_ROUTES, description: "The first that matches is taken." },
      },
      ["hosts", "routes"],
    ),
    "x-kubernetes-validations": [
      {
        rule: `!has(self.protocols) || (has(self.protocol) && self.protocol == '${AUTO}')`,
        message: `protocols: one of several is spoken only with protocol: ${AUTO}`,
      },
    ],
  },
  "Where calls of an RPC protocol to some services go, by what is in each call.",
);
