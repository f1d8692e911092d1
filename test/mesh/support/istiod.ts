import { readFile, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { programPath, sourcesOf } from "../tools/tools.js";
import { Child, freePort } from "./child.js";
import type { KubernetesCluster } from "./kubernetes-cluster.js";

const READY_TIMEOUT_MS = 60_000;

/** A proxy has no istio-agent here, and stock Envoy none of Istio's own filters. */
const ENVIRONMENT = {
  POD_NAMESPACE: "istio-system",
  POD_NAME: "istiod-1",
  PILOT_ENABLE_METADATA_EXCHANGE: "false",
  PILOT_ENABLE_ALPN_FILTER: "false",
};

export interface IstiodOptions {
  /** Where it serves xDS; default: 127.0.0.1. */
  readonly address?: string;
  /** Envoys, which then must have a WorkloadIdentity, speak TLS with workloads that say that they can. */
  readonly mutualTls?: boolean;
}

/** A real istiod on a cluster, serving xDS to Envoys without TLS. */
export class Istiod {
  private constructor(
    private readonly child: Child,
    private readonly options: Required<IstiodOptions>,
    readonly xdsPort: number,
  ) {}

  /** Where it serves xDS. */
  get address(): string {
    return this.options.address;
  }

  /** Installs Istio's CRDs, too. */
  static async start(
    cluster: KubernetesCluster,
    { address = "127.0.0.1", mutualTls = false }: IstiodOptions = {},
  ): Promise<Istiod> {
    await Istiod.#installCrds(cluster);
    return await Istiod.#run(cluster, { address, mutualTls }, await freePort());
  }

  /** At the same address as one that was stopped. */
  static async restart(cluster: KubernetesCluster, { options, xdsPort }: Istiod): Promise<Istiod> {
    return await Istiod.#run(cluster, options, xdsPort);
  }

  static async #run(cluster: KubernetesCluster, options: Required<IstiodOptions>, grpc: number): Promise<Istiod> {
    const mesh = join(cluster.directory, "mesh.yaml");
    const networks = join(cluster.directory, "networks.yaml");
    await writeFile(mesh, `enableAutoMtls: ${options.mutualTls}\n`);
    await writeFile(networks, "networks: {}\n");
    const [http, monitoring] = [await freePort(), await freePort()];
    const child = new Child(
      programPath("istiod"),
      [
        "discovery",
        `--kubeconfig=${cluster.kubeconfig}`,
        `--meshConfig=${mesh}`,
        `--networksConfig=${networks}`,
        `--httpAddr=127.0.0.1:${http}`,
        "--httpsAddr=",
        `--grpcAddr=${options.address}:${grpc}`,
        "--secureGRPCAddr=",
        `--monitoringAddr=127.0.0.1:${monitoring}`,
        "--ctrlz_port=0",
      ],
      join(cluster.directory, "istiod.log"),
      { ...process.env, ...ENVIRONMENT },
    );
    const istiod = new Istiod(child, options, grpc);
    await child.until("istiod is ready", READY_TIMEOUT_MS, () => answers(`http://127.0.0.1:${http}/ready`));
    return istiod;
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }

  static async #installCrds(cluster: KubernetesCluster): Promise<void> {
    const api = await sourcesOf("istiod", "istio.io/api");
    await cluster.applyCrds(await readFile(join(api, "kubernetes", "customresourcedefinitions.gen.yaml"), "utf8"));
    await cluster.kubectl(["create", "namespace", "istio-system"]);
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once("error", reject);
  });
}
