import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { root } from "../../../adapter/xds/proto.js";
import { makeResource } from "../../../adapter/xds/resource.js";
import type { Authority } from "../../support/certificates.js";

const REQUEST = root.lookupType("envoy.service.discovery.v3.DiscoveryRequest");
const RESPONSE = root.lookupType("envoy.service.discovery.v3.DiscoveryResponse");
const SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

interface Request {
  readonly resource_names: readonly string[];
  readonly response_nonce: string;
}

/** What istio-agent does for a sidecar: the workload's certificate and the mesh's authority, over SDS at a Unix socket. */
export class WorkloadIdentity {
  private constructor(
    /** Of the socket. */
    readonly path: string,
    private readonly directory: string,
    private readonly server: Server,
  ) {}

  static async serve(authority: Authority, namespace: string, account = "default"): Promise<WorkloadIdentity> {
    const { certificate, key } = authority.issue(`spiffe://cluster.local/ns/${namespace}/sa/${account}`);
    const secrets = {
      default: {
        tls_certificate: { certificate_chain: { inline_string: certificate }, private_key: { inline_string: key } },
      },
      ROOTCA: { validation_context: { trusted_ca: { inline_string: authority.certificate } } },
    };
    const resources = Object.entries(secrets).map(([name, secret]) => makeResource("SDS", name, { name, ...secret }));
    const directory = await mkdtemp(join(tmpdir(), "meltemi-identity-"));
    const path = join(directory, "socket");
    const server = new Server();
    server.addService(SERVICE, {
      StreamSecrets: (call: ServerDuplexStream<Request, object>) => {
        call.on("data", ({ resource_names, response_nonce }: Request) => {
          // Anything else is an acknowledgement: secrets do not change here.
          if (response_nonce !== "") return;
          const wanted = resources.filter(({ name }) => resource_names.includes(name));
          call.write({
            version_info: "1",
            nonce: "1",
            type_url: SECRET,
            resources: wanted.map(({ bytes }) => ({ type_url: SECRET, value: bytes })),
          });
        });
        call.on("error", () => {});
        call.on("end", () => call.end());
      },
    });
    await new Promise<void>((resolve, reject) => {
      const bound = (error: Error | null) => (error === null ? resolve() : reject(error));
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), bound);
    });
    return new WorkloadIdentity(path, directory, server);
  }

  async stop(): Promise<void> {
    this.server.forceShutdown();
    await rm(this.directory, { recursive: true, force: true });
  }
}

const SERVICE = {
  StreamSecrets: {
    path: "/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets",
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: Request) => Buffer.from(REQUEST.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => REQUEST.decode(bytes) as unknown as Request,
    responseSerialize: (message: object) => Buffer.from(RESPONSE.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => RESPONSE.decode(bytes) as unknown as object,
  },
};
