import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { AERAKI_CRDS, GROUP } from "./support/aeraki.js";
import { installMeltemi } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

const ROUTE = "of-the-meta-router";

describe("Aeraki's resources in a Kubernetes API server", () => {
  let cluster: KubernetesCluster;
  let adapter: Running;
  let admin: string;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
    await cluster.kubectl(["create", "namespace", "prod"]);
    const kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    const source = ["--source", "kubernetes", "--kubeconfig", kubeconfig, "--namespace", "prod"];
    adapter = Running.start([MAIN, "adapter", ...source, ...ADDRESSES]);
    admin = / admin=(\S+)/.exec(await adapter.firstLine())?.[1] ?? "";
  });

  afterAll(async () => {
    adapter.kill("SIGTERM");
    await adapter.closed;
    await cluster.stop();
  });

  it("are read once they are installed, those of no namespace too, and what is not done is logged", async () => {
    await cluster.applyCrds(AERAKI_CRDS);
    await cluster.apply(...RESOURCES);
    const snapshot = async () => await (await fetch(`${admin}/debug/snapshot`)).text();
    await expect.poll(snapshot, { timeout: 20_000 }).toContain(ROUTE);
    await cluster.apply(metaRouter({ gateways: ["prod/ingress"] }));
    await adapter.logged("must be mesh", 1);
    expect(await snapshot(), "the last good version stays in force").toContain(ROUTE);
    expect(adapter.stderr).not.toMatch(/forbidden|cannot be/);
  });
});

const ADDRESSES = ["--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

function metaRouter(more: object): object {
  const routes = [{ name: ROUTE, route: [{ destination: { host: "orders.prod.svc.cluster.local" } }] }];
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "MetaRouter",
    metadata: { name: "orders", namespace: "prod" },
    spec: { hosts: ["orders.prod.svc.cluster.local"], routes, ...more },
  };
}

const RESOURCES = [
  {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "ApplicationProtocol",
    metadata: { name: "orders" },
    spec: { protocol: "orders", codec: "aeraki.meta_protocol.codec.dubbo" },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "orders", namespace: "prod" },
    spec: { ports: [{ name: "tcp-metaprotocol-orders", port: 20880 }] },
  },
  metaRouter({}),
];
