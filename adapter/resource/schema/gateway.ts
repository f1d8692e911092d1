import { closedMap, type JsonSchema, labels, listOf, portNumber, refused, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

/** Those that Envoy's TLS knows: with another it refuses the listener. */
const CIPHER_SUITES = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "AES128-SHA",
  "AES256-SHA",
];

const tlsVersion: JsonSchema = {
  type: "string",
  enum: ["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"],
};

const tls: JsonSchema = {
  ...closedMap({
    mode: {
      type: "string",
      enum: ["SIMPLE", "MUTUAL", "PASSTHROUGH"],
      description:
        "SIMPLE: the gateway shows its certificate. MUTUAL: clients must show one, too. PASSTHROUGH: the servers behind it have the certificates.",
      "x-meltemi-refused-values": {
        AUTO_PASSTHROUGH: "not supported: write PASSTHROUGH, and a VirtualService's tls routes",
        ISTIO_MUTUAL: "Istio's certificates are not here: write MUTUAL with files",
        OPTIONAL_MUTUAL: "not supported: write MUTUAL, or SIMPLE",
      },
    },
    httpsRedirect: {
      type: "boolean",
      description: "Of a server without TLS: every request is sent to the same place with https (301).",
    },
    serverCertificate: { ...text, description: "File on the gateway's machine: its certificate with its chain, PEM." },
    privateKey: { ...text, description: "File on the gateway's machine: the certificate's key, PEM." },
    caCertificates: { ...text, description: "File on the gateway's machine: who may sign clients' certificates, PEM." },
    subjectAltNames: {
      ...listOf(text, 1),
      description: "Of MUTUAL: a client's certificate must have one of these. Default: every one that is signed.",
    },
    minProtocolVersion: { ...tlsVersion, description: "Default: TLS 1.2." },
    maxProtocolVersion: { ...tlsVersion, description: "Default: TLS 1.3." },
    cipherSuites: {
      ...listOf({ type: "string", enum: CIPHER_SUITES }, 1),
      description: "For TLS up to 1.2, by OpenSSL's names. Default: Envoy's.",
    },
    credentialName: refused(
      "Secrets are not read: write serverCertificate, privateKey and caCertificates, files on the gateway's machine",
    ),
    credentialNames: refused("Secrets are not read: write serverCertificate and privateKey, files of one certificate"),
    tlsCertificates: refused("several certificates of one server are not supported: write serverCertificate"),
    caCertCredentialName: refused("Secrets are not read: write caCertificates, a file on the gateway's machine"),
    caCrl: refused("revoked certificates are not looked up here"),
    verifyCertificateSpki: refused("not supported: write subjectAltNames"),
    verifyCertificateHash: refused("not supported: write subjectAltNames"),
  }),
  description: "TLS towards clients.",
};

const server: JsonSchema = closedMap(
  {
    name: { type: "string", description: "For people." },
    port: {
      ...closedMap(
        {
          number: { ...portNumber, description: "What clients dial." },
          protocol: {
            ...text,
            description:
              "HTTP, HTTP2, GRPC, GRPC-WEB, HTTPS, TLS, TCP; or an RPC protocol: dubbo, thrift, … With TCP and TLS an RPC protocol is said by the port's name.",
          },
          name: { type: "string", description: "Such as `dubbo` or `dubbo-main`." },
          targetPort: {
            type: "integer",
            minimum: 0,
            maximum: 65535,
            description: "Where the gateway listens. Default: number.",
          },
        },
        ["number", "protocol"],
      ),
      description: "Where clients are waited for.",
    },
    bind: { ...text, description: "IP address that the gateway listens at. Default: all, of both families." },
    hosts: {
      ...listOf(
        {
          type: "string",
          maxLength: 320,
          pattern:
            "^((\\*|\\.|[a-z0-9]([-a-z0-9]*[a-z0-9])?)/)?(\\*|(\\*\\.)?[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?)*)$",
          "x-meltemi-expects":
            "a host, *.DOMAIN or *, with a namespace in front where that is to count: shop.example.com, prod/*.example.com, ./*",
        },
        1,
      ),
      description:
        "Hosts that are served, by HTTP's authority or by SNI; `*` alone for RPC without TLS. A namespace in front: VirtualServices of that namespace alone.",
    },
    tls,
    defaultEndpoint: refused("write a VirtualService whose routes lead there"),
  },
  ["port", "hosts"],
);

/** Istio's. Of the Gateways of an istiod only a part is read (istios-part.ts). */
export const gatewaySchema = resourceSchema(
  closedMap(
    {
      selector: { ...labels, description: "Labels of the Envoys, of any namespace. Default: every gateway." },
      servers: { ...listOf(server, 1), description: "The first of two that want the same has it." },
    },
    ["servers"],
  ),
);
