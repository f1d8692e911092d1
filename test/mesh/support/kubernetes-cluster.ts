import { spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Authority } from "../../support/certificates.js";
import { programPath } from "../tools/tools.js";
import { Child, freePort } from "./child.js";

const READY_TIMEOUT_MS = 60_000;

/** A real API server with its etcd: no kubelet, no controllers, all else as in any cluster. RBAC is in force. */
export class KubernetesCluster {
  /** Of somebody who may do everything. */
  readonly kubeconfig: string;
  readonly #token = randomBytes(16).toString("hex");
  #apiServer: Child | undefined;

  private constructor(
    readonly directory: string,
    private readonly etcd: Child,
    private readonly etcdUrl: string,
    private readonly authority: Authority,
    readonly port: number,
  ) {
    this.kubeconfig = join(directory, "admin.kubeconfig");
  }

  static async start(): Promise<KubernetesCluster> {
    const directory = await mkdtemp(join(tmpdir(), "meltemi-cluster-"));
    const etcdUrl = `http://127.0.0.1:${await freePort()}`;
    const peerUrl = `http://127.0.0.1:${await freePort()}`;
    const etcd = new Child(
      programPath("etcd"),
      [
        `--data-dir=${join(directory, "etcd")}`,
        `--listen-client-urls=${etcdUrl}`,
        `--advertise-client-urls=${etcdUrl}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=default=${peerUrl}`,
        "--unsafe-no-fsync",
      ],
      join(directory, "etcd.log"),
    );
    const cluster = new KubernetesCluster(directory, etcd, etcdUrl, new Authority("test"), await freePort());
    try {
      await cluster.#writeFiles();
      await cluster.startApiServer();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Of the authority that has signed the server's. */
  get certificate(): string {
    return this.authority.certificate;
  }

  get server(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  async startApiServer(): Promise<void> {
    const file = (name: string) => join(this.directory, name);
    this.#apiServer = new Child(
      programPath("kube-apiserver"),
      [
        `--etcd-servers=${this.etcdUrl}`,
        "--bind-address=127.0.0.1",
        `--secure-port=${this.port}`,
        "--endpoint-reconciler-type=none",
        `--tls-cert-file=${file("server.crt")}`,
        `--tls-private-key-file=${file("server.key")}`,
        `--token-auth-file=${file("tokens.csv")}`,
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        `--service-account-key-file=${file("accounts.key")}`,
        `--service-account-signing-key-file=${file("accounts.key")}`,
        "--service-cluster-ip-range=10.0.0.0/16",
        "--disable-admission-plugins=ServiceAccount",
      ],
      file("kube-apiserver.log"),
    );
    await this.#apiServer.until(
      "the API server is ready",
      READY_TIMEOUT_MS,
      async () => (await this.status("/readyz")) === 200,
    );
  }

  /** It is away until `startApiServer`; its data stays. */
  async stopApiServer(): Promise<void> {
    await this.#apiServer?.stop();
    this.#apiServer = undefined;
  }

  /** Runs kubectl as the admin, or with another kubeconfig; fails with what it says. */
  async kubectl(
    args: readonly string[],
    { input, kubeconfig = this.kubeconfig }: KubectlOptions = {},
  ): Promise<string> {
    const { status, stdout, stderr } = await this.tryKubectl(args, { input, kubeconfig });
    if (status !== 0) throw new Error(`kubectl ${args.join(" ")} failed with status ${status}:\n${stderr}`);
    return stdout;
  }

  tryKubectl(
    args: readonly string[],
    { input = "", kubeconfig = this.kubeconfig }: KubectlOptions = {},
  ): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
    return new Promise((resolve, reject) => {
      let stdout = "";
      let stderr = "";
      const home = { ...process.env, KUBECONFIG: kubeconfig, HOME: this.directory };
      const child = spawn(programPath("kubectl"), args, { env: home, stdio: "pipe" });
      child.stdout.on("data", (data) => (stdout += data));
      child.stderr.on("data", (data) => (stderr += data));
      child.once("error", reject);
      child.once("close", (status) => resolve({ status, stdout, stderr }));
      // One that has ended reads nothing any more; how it ended says why.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
    });
  }

  /** Objects as YAML or as values. */
  async apply(...objects: readonly (string | object)[]): Promise<void> {
    const input = objects.map((one) => (typeof one === "string" ? one : stringify(one))).join("\n---\n");
    await this.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { input });
  }

  /** Installs CustomResourceDefinitions; resolves when the kinds of all that there are can be watched, too. */
  async applyCrds(yaml: string): Promise<void> {
    await this.apply(yaml);
    await this.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    const { items } = JSON.parse(await this.kubectl(["get", "crd", "-o", "json"])) as { items: readonly Crd[] };
    const paths = items.flatMap(({ spec: { group, names, versions } }) =>
      versions.filter(({ served }) => served).map(({ name }) => `/apis/${group}/${name}/${names.plural}?watch=1`),
    );
    // The server answers 429 until its cache of an established kind is filled.
    const areWatched = async () => (await Promise.all(paths.map((path) => this.status(path)))).every((s) => s === 200);
    await this.#apiServer?.until("all kinds can be watched", READY_TIMEOUT_MS, areWatched);
  }

  /** A kubeconfig of a ServiceAccount, with a token of its own. */
  async kubeconfigOf(namespace: string, account: string): Promise<string> {
    const token = await this.kubectl(["create", "token", account, "-n", namespace]);
    const path = join(this.directory, `${namespace}-${account}.kubeconfig`);
    await writeFile(path, this.#kubeconfigWith(token.trim(), namespace));
    return path;
  }

  async stop(): Promise<void> {
    await this.stopApiServer();
    await this.etcd.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #writeFiles(): Promise<void> {
    const server = this.authority.issue("localhost", "127.0.0.1");
    const accounts = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const files = {
      "server.crt": server.certificate,
      "server.key": server.key,
      "ca.crt": this.authority.certificate,
      "accounts.key": accounts.export({ type: "sec1", format: "pem" }).toString(),
      "tokens.csv": `${this.#token},admin,admin,system:masters\n`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(this.directory, name), text);
    await writeFile(this.kubeconfig, this.#kubeconfigWith(this.#token));
  }

  #kubeconfigWith(token: string, namespace = "default"): string {
    const ca = Buffer.from(this.authority.certificate).toString("base64");
    return stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server: this.server, "certificate-authority-data": ca } }],
      users: [{ name: "test", user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
      "current-context": "test",
    });
  }

  /** What the admin's GET is answered with; the answer itself is not read. */
  status(path: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const agent = new Agent({ ca: this.authority.certificate });
      const headers = { authorization: `Bearer ${this.#token}` };
      const request = get(`${this.server}${path}`, { agent, headers }, ({ statusCode }) => {
        resolve(statusCode);
        request.destroy();
      }).once("error", reject);
    });
  }
}

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

interface KubectlOptions {
  readonly input?: string | undefined;
  readonly kubeconfig?: string;
}
