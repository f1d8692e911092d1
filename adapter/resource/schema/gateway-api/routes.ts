import { anything, closedMap, type JsonSchema, listOf, portNumber, refused, text } from "../json-schema.js";
import {
  apiDuration,
  backendFields,
  backendReference,
  EXACT_OR_REGEX,
  extensionRef,
  headerModifier,
  hostname,
  mirror,
  preciseHostname,
  routeFields,
  sessionPersistence,
  valueMatch,
} from "./common.js";

const pathModifier = closedMap(
  {
    type: { type: "string", enum: ["ReplaceFullPath", "ReplacePrefixMatch"] },
    replaceFullPath: { type: "string" },
    replacePrefixMatch: { type: "string" },
  },
  ["type"],
);

const filterType = (types: readonly string[], refusals: Readonly<Record<string, string>>): JsonSchema => ({
  type: "string",
  enum: types,
  "x-meltemi-refused-values": refusals,
});

const NO_EXTENSIONS = { ExtensionRef: "Meltemi has no filters of its own kinds" };

const httpFilter = closedMap(
  {
    type: filterType(
      ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite", "RequestMirror"],
      {
        ...NO_EXTENSIONS,
        CORS: "CORS is not answered for routes of the Gateway API",
        ExternalAuth: "no service is asked about requests",
      },
    ),
    requestHeaderModifier: headerModifier,
    responseHeaderModifier: headerModifier,
    requestMirror: mirror,
    requestRedirect: closedMap({
      scheme: { type: "string", enum: ["http", "https"] },
      hostname: preciseHostname,
      path: pathModifier,
      port: portNumber,
      statusCode: { type: "integer", minimum: 301, maximum: 308 },
    }),
    urlRewrite: closedMap({ hostname: preciseHostname, path: pathModifier }),
    // What `type` does not take has no field either.
    cors: anything,
    externalAuth: anything,
    extensionRef,
  },
  ["type"],
);

const httpMatch = closedMap({
  path: closedMap({
    type: { type: "string", enum: ["Exact", "PathPrefix", "RegularExpression"] },
    value: { type: "string" },
  }),
  headers: listOf(valueMatch),
  queryParams: listOf(valueMatch),
  method: {
    type: "string",
    enum: ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"],
  },
});

const httpRule = closedMap({
  name: text,
  matches: listOf(httpMatch),
  filters: listOf(httpFilter),
  backendRefs: listOf(closedMap({ ...backendFields, filters: listOf(httpFilter) }, ["name"])),
  timeouts: closedMap({ request: apiDuration, backendRequest: apiDuration }),
  retry: closedMap({
    codes: listOf({ type: "integer", minimum: 400, maximum: 599 }),
    attempts: { type: "integer", minimum: 1, maximum: 100 },
    backoff: refused("pauses before retries are drawn from 0 up to a bound: none is known to be at least this long"),
  }),
  sessionPersistence,
});

export const httpRouteSpecSchema: JsonSchema = closedMap({
  ...routeFields,
  hostnames: listOf(hostname),
  rules: listOf(httpRule),
});

const grpcFilter = closedMap(
  {
    type: filterType(["RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror"], NO_EXTENSIONS),
    requestHeaderModifier: headerModifier,
    responseHeaderModifier: headerModifier,
    requestMirror: mirror,
    extensionRef,
  },
  ["type"],
);

const grpcRule = closedMap({
  name: text,
  matches: listOf(
    closedMap({
      method: closedMap({
        type: { type: "string", enum: EXACT_OR_REGEX },
        service: { type: "string" },
        method: { type: "string" },
      }),
      headers: listOf(valueMatch),
    }),
  ),
  filters: listOf(grpcFilter),
  backendRefs: listOf(closedMap({ ...backendFields, filters: listOf(grpcFilter) }, ["name"])),
  sessionPersistence,
});

export const grpcRouteSpecSchema: JsonSchema = closedMap({
  ...routeFields,
  hostnames: listOf(hostname),
  rules: listOf(grpcRule),
});

const connectionRule = closedMap({ name: text, backendRefs: listOf(backendReference, 1) }, ["backendRefs"]);

/** A connection has nothing by which one rule would be told from another. */
const oneRule: JsonSchema = { ...listOf(connectionRule, 1), maxItems: 1 };

export const tcpRouteSpecSchema: JsonSchema = closedMap({ ...routeFields, rules: oneRule }, ["rules"]);

export const tlsRouteSpecSchema: JsonSchema = closedMap(
  { ...routeFields, hostnames: listOf(hostname), rules: oneRule },
  ["rules"],
);
