import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { formatReport } from "../../adapter/status/rollout-report.js";
import type { Running } from "../cli/support/meltemi.js";
import { freePort } from "./support/child.js";
import { installMeltemi, virtualService } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";
import { conditionsIn, service, startEnvoy, startKubernetesAdapter, to } from "./support/status.js";

const LATER = { timeout: 20_000, interval: 100 };
/** One that vanished is counted for 15 s more, from when the leader sees that it renews no more. */
const VANISHED = { timeout: 40_000, interval: 200 };

const LEADS = "leads: writes into the cluster";

/** Of a replica that serves nothing yet. */
const GONE = { nodes: [["aaaaaa", "bbbbbb"]], resources: new Map(), more: false, refusal: undefined };

describe("the status of resources that several replicas serve", () => {
  let cluster: KubernetesCluster;
  let kubeconfig: string;
  let leader: Running;
  let other: Running;
  const adapters: Running[] = [];
  const envoys: EnvoyProcess[] = [];

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } }, ...service("reviews"));
    kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    leader = await start();
    await leader.logged(LEADS, 1);
    envoys.push(await startEnvoy(await leader.firstLine(), "near"));
  });

  afterAll(async () => {
    await Promise.all(envoys.map((envoy) => envoy.stop()));
    for (const adapter of adapters) adapter.kill("SIGTERM");
    await Promise.all(adapters.map(({ closed }) => closed));
    await cluster.stop();
  });

  /** Envoys of one machine listen on ports of their own. */
  async function start(...options: readonly string[]): Promise<Running> {
    const listen = `dubbo=127.0.0.1:${await freePort()}`;
    const adapter = startKubernetesAdapter(kubeconfig, "--listen", listen, ...options);
    adapters.push(adapter);
    return adapter;
  }

  async function programmed(name: string): Promise<string | undefined> {
    return (await conditionsIn(cluster, "mvs", name)).Programmed;
  }

  async function leases(): Promise<readonly string[]> {
    const selector = "networking.meltemi.io/lease=replica";
    const names = await cluster.kubectl(["get", "leases", "-n", "meltemi-system", "-l", selector, "-o", "name"]);
    return names.split("\n").filter(Boolean);
  }

  it("tells what an Envoy refuses that is connected to another replica than writes", async () => {
    await cluster.apply(virtualService("good", { hosts: ["good"], ...to("reviews") }));
    await expect.poll(() => programmed("good"), LATER).toBe("True Programmed all Envoys have it");
    other = await start("--wasm", "file:/nowhere.wasm");
    const refusing = await startEnvoy(await other.firstLine(), "far");
    const refused = /^False Refused 1 of 2 Envoys have it; far refuses ECDS outbound_dubbo_\d+: .*\/nowhere\.wasm/;
    await expect.poll(() => programmed("good"), LATER).toMatch(refused);
    await refusing.stop();
    await expect.poll(() => programmed("good"), LATER).toBe("True Programmed all Envoys have it");
  });

  it("counts no replica any more that has ended", async () => {
    expect(await leases()).toHaveLength(2);
    other.kill("SIGTERM");
    await other.closed;
    expect(await leases()).toHaveLength(1);
  });

  it("is Programmed when the Envoys of all replicas have it, and not before", async () => {
    other = await start();
    const far = await startEnvoy(await other.firstLine(), "far");
    envoys.push(far);
    await cluster.apply(virtualService("both", { hosts: ["both"], ...to("reviews") }));
    await expect.poll(() => programmed("both"), LATER).toBe("True Programmed all Envoys have it");
    process.kill(far.pid, "SIGSTOP");
    try {
      await cluster.apply(virtualService("both", { hosts: ["both", "more"], ...to("reviews") }));
      await expect.poll(() => programmed("both"), LATER).toBe("False Pending 1 of 2 Envoys have it");
      expect(await programmed("good")).toBe("True Programmed all Envoys have it");
    } finally {
      process.kill(far.pid, "SIGCONT");
    }
    await expect.poll(() => programmed("both"), LATER).toBe("True Programmed all Envoys have it");
    expect(`${leader.stderr}${other.stderr}`).not.toMatch(/forbidden|cannot be/);
  });

  it("counts a replica that has vanished until its Lease has expired", async () => {
    other.kill("SIGKILL");
    await other.closed;
    const began_ms = Date.now();
    // What the one that is gone has never seen.
    await cluster.apply(virtualService("both", { hosts: ["both"], ...to("reviews") }));
    await expect.poll(() => programmed("both"), LATER).toBe("False Pending 1 of 2 Envoys have it");
    await expect.poll(() => programmed("both"), VANISHED).toBe("True Programmed all Envoys have it");
    // It has renewed it up to 5 s before.
    expect(Date.now() - began_ms).toBeGreaterThan(9_000);
  });

  it("has the Lease deleted of one that vanished long ago", async () => {
    const spec = { holderIdentity: "gone", leaseDurationSeconds: 2 };
    const metadata = {
      name: "meltemi-gone",
      namespace: "meltemi-system",
      labels: { "networking.meltemi.io/lease": "replica" },
      annotations: { "networking.meltemi.io/rollout": formatReport(GONE) },
    };
    await cluster.apply({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec });
    await expect.poll(() => programmed("both"), LATER).toBe("False Pending 1 of 3 Envoys have it");
    await expect.poll(() => programmed("both"), LATER).toBe("True Programmed all Envoys have it");
    expect(await leases()).toContain("lease.coordination.k8s.io/meltemi-gone");
    await expect.poll(leases, LATER).not.toContain("lease.coordination.k8s.io/meltemi-gone");
  });

  it("is written by the next one with what the others tell", async () => {
    other = await start();
    envoys.push(await startEnvoy(await other.firstLine(), "farther"));
    await expect.poll(leases, LATER).toHaveLength(3);
    leader.kill("SIGTERM");
    await leader.closed;
    await other.logged(LEADS, 1);
    leader = await start("--wasm", "file:/nowhere.wasm");
    envoys.push(await startEnvoy(await leader.firstLine(), "last"));
    await expect.poll(() => programmed("both"), LATER).toMatch(/^False Refused .* last refuses ECDS/);
  });
});
