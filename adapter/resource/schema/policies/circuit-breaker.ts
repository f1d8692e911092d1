import { closedMap, duration, type JsonSchema, MAX_UINT32 } from "../json-schema.js";

const count: JsonSchema = { type: "integer", minimum: 1, maximum: MAX_UINT32 };

const limits: JsonSchema = {
  ...closedMap({
    maxRequests: { ...count, description: "Calls in flight at a time. Default: any number." },
    maxRequestsPerMethod: { ...count, description: "The same of each method apart. Default: any number." },
    maxPendingRequests: { ...count, description: "Calls beyond them that wait for a place. Default: none." },
    pendingTimeout: { ...duration, description: "So long each of these waits at most. Default: 1s." },
  }),
  "x-kubernetes-validations": [
    {
      rule: "has(self.maxRequests) || has(self.maxRequestsPerMethod)",
      message: "write one of maxRequests, maxRequestsPerMethod",
    },
    {
      rule: "!has(self.pendingTimeout) || has(self.maxPendingRequests)",
      message: "pendingTimeout is for maxPendingRequests, of which there are none",
    },
  ],
};

/** Of a route. */
export const circuitBreaker: JsonSchema = {
  ...limits,
  description:
    "How many calls of the route may be in flight, for each worker thread of each Envoy. More get the protocol's error. Stands in place of the service's.",
};

/** Of all routes of a VirtualService. */
export const serviceCircuitBreaker: JsonSchema = {
  ...limits,
  description:
    "How many calls of a service may be in flight, for each worker thread of each Envoy. More get the protocol's error.",
};
