import { closedMap, portSelector, text } from "./json-schema.js";

/** A service as a route names it. */
export const destination = closedMap(
  {
    host: { ...text, description: "Host of a service; a short name is one of the resource's own namespace." },
    subset: { ...text, description: "A subset of the host's DestinationRule. Default: every endpoint." },
    port: portSelector("Port of the service. Default: the only one of the protocol."),
  },
  ["host"],
);
