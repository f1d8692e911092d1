import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LeaderElection } from "../../adapter/kubernetes/leader-election.js";
import { openKubernetes } from "../../adapter/kubernetes/open.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

const LATER = { timeout: 30_000, interval: 100 };

describe("who leads", () => {
  let cluster: KubernetesCluster;
  const running: LeaderElection[] = [];

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
  });

  afterAll(() => cluster.stop());

  afterEach(async () => {
    await Promise.all(running.splice(0).map((election) => election.stop()));
  });

  function start(name: string, identity: string): LeaderElection {
    const api = openKubernetes(cluster.kubeconfig);
    const log = pino({ level: "silent" });
    const election = new LeaderElection({ api, namespace: "default", name, identity, log });
    running.push(election);
    election.start();
    return election;
  }

  it("is one of several, and another one when that one stops", async () => {
    const elections = ["a", "b", "c"].map((identity) => start("several", identity));
    const leading = () => elections.filter(({ leads }) => leads);
    await expect.poll(() => leading().length, LATER).toBe(1);
    const [first] = leading() as [LeaderElection];
    await first.stop();
    expect(first.leads).toBe(false);
    await expect.poll(() => leading().length, LATER).toBe(1);
    expect(leading()[0]).not.toBe(first);
  });

  it("is the next one when the Lease of one that vanished has expired, and not before", async () => {
    const spec = { holderIdentity: "gone", leaseDurationSeconds: 4, leaseTransitions: 3 };
    const metadata = { name: "vanished", namespace: "default" };
    await cluster.apply({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec });
    const began_ms = Date.now();
    const election = start("vanished", "next");
    await expect.poll(() => election.leads, LATER).toBe(true);
    expect(Date.now() - began_ms).toBeGreaterThan(4_000);
    const path = "jsonpath={.spec.holderIdentity} {.spec.leaseTransitions}";
    expect(await cluster.kubectl(["get", "lease", "vanished", "-o", path])).toBe("next 4");
  });

  it("is nobody who cannot renew, well before another one may begin", async () => {
    const election = start("away", "a");
    await expect.poll(() => election.leads, LATER).toBe(true);
    const began_ms = Date.now();
    await cluster.stopApiServer();
    await expect.poll(() => election.leads, LATER).toBe(false);
    expect(Date.now() - began_ms).toBeLessThan(15_000);
    await cluster.startApiServer();
    await expect.poll(() => election.leads, LATER).toBe(true);
  });
});
