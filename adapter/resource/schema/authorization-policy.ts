import { closedMap, type JsonSchema, labels, listOf, refused, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

/** Kubernetes bounds what its rules may cost by the longest lists. */
const MAX_RULES = 128;
const MAX_ENTRIES = 32;
const MAX_VALUES = 256;

/**
 * A map whose unknown fields an API server keeps: what it dropped would widen a policy without a word. It is `authorization-rules.ts` that has them
 * refused there, and a policy with one denies.
 */
function keptMap(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { ...closedMap(properties, required), "x-meltemi-keeps-unknown": true };
}

/** What they must look like is said by `parseAuthorizationPolicy`: as a rule of Kubernetes it would cost too much. */
function values(description: string): JsonSchema {
  return { ...listOf({ ...text, maxLength: 512 }, 1), maxItems: MAX_VALUES, description };
}

const ONLY_HTTP = "is of HTTP: calls of RPC have none";

const source: JsonSchema = {
  ...keptMap({
    principals: values("The caller's, by its certificate: `TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT`."),
    notPrincipals: values("None of these."),
    namespaces: values("The caller's, by its certificate."),
    notNamespaces: values("None of these."),
    ipBlocks: values("Where the connection comes from, IPv4 or IPv6: `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`."),
    notIpBlocks: values("None of these."),
    remoteIpBlocks: values("The same, as a PROXY protocol says it where Envoy reads that."),
    notRemoteIpBlocks: values("None of these."),
    requestPrincipals: refused(`requestPrincipals ${ONLY_HTTP}`),
    notRequestPrincipals: refused(`notRequestPrincipals ${ONLY_HTTP}`),
    serviceAccounts: refused("write principals: TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT"),
    notServiceAccounts: refused("write notPrincipals: TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT"),
  }),
  minProperties: 1,
  description: "All of its fields must hold.",
};

const operation: JsonSchema = {
  ...keptMap({
    services: values("Names of services as they stand in the call."),
    notServices: values("None of these."),
    methods: values("Methods. Redis: commands."),
    notMethods: values("None of these."),
    hosts: refused("hosts are of HTTP: write services"),
    notHosts: refused("notHosts are of HTTP: write notServices"),
    paths: refused("paths are of HTTP: write services and methods"),
    notPaths: refused("notPaths are of HTTP: write notServices and notMethods"),
    ports: refused("write when: [ { key: destination.port, values: [ … ] } ]"),
    notPorts: refused("write when: [ { key: destination.port, notValues: [ … ] } ]"),
  }),
  minProperties: 1,
  description: "All of its fields must hold.",
};

/** What `when` may be about besides attributes of the call, by Istio's names. */
export const CONNECTION_KEYS = [
  "source.ip",
  "remote.ip",
  "source.namespace",
  "source.principal",
  "destination.ip",
  "destination.port",
  "connection.sni",
] as const;

/** Keys of Istio's, or like them, that are no attributes of a call. */
export const ISTIOS_KEYS = "^(source|destination|connection)\\.|^request\\.(headers|auth)|^experimental\\.envoy\\.";
export const NO_SUCH_KEY = `no key of a call or a connection: write the name of an attribute, or one of ${CONNECTION_KEYS.join(", ")}`;

const condition: JsonSchema = {
  ...keptMap(
    {
      key: {
        ...text,
        maxLength: 256,
        description: `An attribute of the call by its name in the protocol; or ${CONNECTION_KEYS.join(", ")}.`,
      },
      values: values("One must match. Of `source.ip`, `remote.ip` and `destination.ip`: addresses or blocks."),
      notValues: values("None may match."),
    },
    ["key"],
  ),
};

const rule: JsonSchema = keptMap({
  from: {
    ...listOf(keptMap({ source }, ["source"]), 1),
    maxItems: MAX_ENTRIES,
    description: "Who calls: one of these. Default: anybody.",
  },
  to: {
    ...listOf(keptMap({ operation }, ["operation"]), 1),
    maxItems: MAX_ENTRIES,
    description: "What is called: one of these. Default: anything.",
  },
  when: { ...listOf(condition, 1), maxItems: MAX_ENTRIES, description: "Conditions that must all hold." },
});

export const authorizationPolicySchema = resourceSchema(
  keptMap({
    selector: {
      ...keptMap({ matchLabels: { ...labels, maxProperties: MAX_ENTRIES, description: "All of these." } }),
      description:
        "Labels of the workloads that it is for. Default: all of the namespace, in Istio's root namespace all of the mesh.",
    },
    action: {
      type: "string",
      enum: ["ALLOW", "DENY", "AUDIT"],
      default: "ALLOW",
      description:
        "ALLOW: what no policy with ALLOW speaks of is denied. DENY: is stronger. AUDIT: is counted and logged alone. Default: ALLOW.",
      "x-meltemi-refused-values": { CUSTOM: "no external authorizer is asked" },
    },
    rules: {
      ...listOf(rule),
      maxItems: MAX_RULES,
      description: "The policy speaks of calls for which one of the rules holds. Default: of none.",
    },
    targetRef: refused("policies are for workloads: write selector"),
    targetRefs: refused("policies are for workloads: write selector"),
    provider: refused("no external authorizer is asked"),
  }),
  "Who may call what, at the side of the service that is called.",
);
