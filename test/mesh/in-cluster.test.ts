import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { installMeltemi, virtualService } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

/** Where a kubelet puts them. */
const CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The directory `$0` stands there, for this command alone. */
const WITH_CREDENTIALS = `
mount -t tmpfs none "$(readlink -f /var/run)" && mkdir -p ${CREDENTIALS} && mount --bind "$0" ${CREDENTIALS} && exec "$@"
`;

describe("an adapter in a Pod, with the Pod's own account and no kubeconfig", () => {
  let cluster: KubernetesCluster;
  let credentials: string;
  let adapter: Running;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } });
    credentials = await mkdtemp(join(tmpdir(), "meltemi-credentials-"));
    const token = await cluster.kubectl(["create", "token", "meltemi", "-n", "meltemi-system"]);
    const files = { token: token.trim(), "ca.crt": cluster.certificate, namespace: "meltemi-system" };
    for (const [name, text] of Object.entries(files)) await writeFile(join(credentials, name), text);
    // Without a kubeconfig anywhere.
    await mkdir(join(credentials, "home"));
    const { KUBECONFIG: _, ...inherited } = process.env;
    const server = new URL(cluster.server);
    const env = {
      ...inherited,
      HOME: join(credentials, "home"),
      KUBERNETES_SERVICE_HOST: server.hostname,
      KUBERNETES_SERVICE_PORT: server.port,
    };
    const addresses = ["--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    const args = [MAIN, "adapter", "--source", "kubernetes", ...addresses];
    adapter = Running.start(args, env, ["unshare", "--mount", "sh", "-c", WITH_CREDENTIALS, credentials]);
    await adapter.firstLine();
  });

  afterAll(async () => {
    adapter.kill("SIGTERM");
    await adapter.closed;
    await cluster.stop();
    await rm(credentials, { recursive: true });
  });

  it("reads the cluster, leads by a Lease in its own namespace, and writes status", async () => {
    await cluster.apply(virtualService("reviews", { routes: [{ route: [{ destination: { host: "nobody" } }] }] }));
    const path = "jsonpath={.status.conditions[?(@.type=='ResolvedRefs')].message}";
    const status = () => cluster.kubectl(["get", "mvs", "reviews", "-n", "prod", "-o", path]);
    await expect.poll(status, { timeout: 20_000 }).toContain("no service has the host nobody");
    expect(await cluster.kubectl(["get", "lease", "meltemi", "-n", "meltemi-system", "-o", "name"])).toContain(
      "meltemi",
    );
    expect(adapter.stderr).not.toMatch(/forbidden|cannot be/);
  });
});
