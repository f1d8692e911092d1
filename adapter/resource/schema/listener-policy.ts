import { closedMap, duration, type JsonSchema, listOf, portNumber, protocol, refused, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";
import { localRateLimits } from "./policies/local-rate-limit.js";
import { policies } from "./policies/policies.js";

/** The filter's own bound. A message is kept whole in its memory where its route asks for what stands at its end. */
const MAX_MESSAGE_BYTES = 256 << 20;

const tls: JsonSchema = {
  ...closedMap(
    {
      mode: {
        type: "string",
        enum: ["SIMPLE", "MUTUAL"],
        description: "SIMPLE: the listener shows its certificate. MUTUAL: clients must show one, too.",
        "x-meltemi-refused-values": {
          DISABLE: "leave tls out",
          ISTIO_MUTUAL: "Istio's certificates are not here: write MUTUAL with files",
          OPTIONAL_MUTUAL: "not supported: write MUTUAL, or SIMPLE",
          PASSTHROUGH: "calls cannot be read without ending TLS here: write SIMPLE or MUTUAL",
        },
      },
      serverCertificate: { ...text, description: "File on Envoy's machine: the certificate with its chain, PEM." },
      privateKey: { ...text, description: "File on Envoy's machine: the certificate's key, PEM." },
      caCertificates: { ...text, description: "File on Envoy's machine: who may sign clients' certificates, PEM." },
      subjectAltNames: {
        ...listOf(text, 1),
        description:
          "A client's certificate must have one of these. Default: every certificate that caCertificates signed.",
      },
      credentialName: refused(
        "secrets are not read yet: name files by serverCertificate, privateKey and caCertificates",
      ),
    },
    ["mode", "serverCertificate", "privateKey"],
  ),
  "x-kubernetes-validations": [
    { rule: "self.mode != 'MUTUAL' || has(self.caCertificates)", message: "mode MUTUAL needs caCertificates" },
    {
      rule: "self.mode != 'SIMPLE' || !(has(self.caCertificates) || has(self.subjectAltNames))",
      message:
        "mode SIMPLE asks no client for a certificate: write MUTUAL, or leave caCertificates and subjectAltNames out",
    },
  ],
};

const inbound: JsonSchema = {
  ...closedMap({
    bind: {
      ...text,
      maxLength: 45,
      description:
        "IP address that the listener is bound to, besides those of the machine at which an instance is registered. Default: 0.0.0.0.",
    },
    defaultEndpoint: {
      ...text,
      maxLength: 53,
      description: "IP:PORT of the service behind it, such as 127.0.0.1:20890. Istio's Envoys know it.",
    },
    timeout: policies.timeout as JsonSchema,
    ...localRateLimits("calls at the port"),
    circuitBreaker: policies.circuitBreaker as JsonSchema,
  }),
  description:
    "The policy is for the listener before the service itself, of workloads of its namespace that serve `port`; and each of their calls.",
};

export const listenerPolicySchema = resourceSchema(
  {
    ...closedMap(
      {
        protocol: { ...protocol, description: "With `port`: the listener that the policy is for." },
        port: { ...portNumber, description: "Port of the services whose calls the listener takes." },
        mode: {
          type: "string",
          enum: ["CALL", "CONNECTION", "OBSERVE", "AUTO"],
          default: "CALL",
          description:
            "What is routed: each call, each connection, nothing; AUTO: what the routes need. Default: CALL.",
        },
        maxMessageBytes: {
          type: "integer",
          minimum: 1024,
          maximum: MAX_MESSAGE_BYTES,
          description: "Longest message accepted, head included. Default: 16777216.",
        },
        maxConnectionAge: {
          ...duration,
          description:
            "A client's connection that is so old is told to go, and closed after its last answer. Default: never.",
        },
        idleTimeout: {
          ...duration,
          description: "A client's connection without a call in flight for so long is closed. Default: never.",
        },
        tunnelIdleTimeout: {
          ...duration,
          description: "An upstream connection without a call in flight for so long is closed. Default: 30s.",
        },
        tls: { ...tls, description: "TLS towards clients. Default: none." },
        inbound,
      },
      ["protocol", "port"],
    ),
    "x-kubernetes-validations": [
      {
        rule: "!(has(self.inbound) && has(self.mode) && self.mode != 'CALL')",
        message: "mode: what is asked of single calls at the inbound side needs CALL",
      },
      {
        rule: "!(has(self.tunnelIdleTimeout) && has(self.mode) && self.mode in ['CONNECTION', 'OBSERVE'])",
        message: "tunnelIdleTimeout: modes CONNECTION and OBSERVE have no tunnels: only CALL has",
      },
    ],
  },
  "What a listener does with its clients' connections: mode, longest message, timeouts, TLS.",
);
