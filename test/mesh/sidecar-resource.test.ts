import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Document, parseAllDocuments } from "yaml";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { DeltaClient } from "../xds/ads-client.js";
import { installMeltemi } from "./support/install.js";
import { Istiod } from "./support/istiod.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

const INPUT = readFileSync("test/translation/sidecars/input.yaml", "utf8");
const NAMESPACES = ["istio-system", "office", "open", "other", "outside", "shop", "silent"];

describe("Istio's Sidecar resources", () => {
  let cluster: KubernetesCluster;
  let istiod: Istiod;
  let adapter: Running;
  let admin: string;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    istiod = await Istiod.start(cluster);
    await installMeltemi(cluster);
    const kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    const source = ["--source", "kubernetes", "--kubeconfig", kubeconfig];
    adapter = Running.start([MAIN, "adapter", ...source, ...ADDRESSES]);
    admin = / admin=(\S+)/.exec(await adapter.firstLine())?.[1] ?? "";
    for (const name of NAMESPACES.filter((one) => one !== "istio-system"))
      await cluster.kubectl(["create", "namespace", name]);
    const documents = parseAllDocuments(INPUT) as readonly Document[];
    await cluster.apply(...documents.map((one) => one.toJS() as object), ...KEPT);
  });

  afterAll(async () => {
    adapter.kill("SIGTERM");
    await adapter.closed;
    await istiod.stop();
    await cluster.stop();
  });

  /** Services and ports whose clusters istiod gives a sidecar with this label, or a gateway. */
  async function ofIstiod(namespace: string, app: string, type = "sidecar"): Promise<readonly string[]> {
    const text = (stringValue: string) => ({ stringValue });
    const labels = { structValue: { fields: { app: text(app) } } };
    const fields = { NAMESPACE: text(namespace), CLUSTER_ID: text("Kubernetes"), LABELS: labels };
    const id = `${type}~198.18.0.1~${app}.${namespace}~${namespace}.svc.cluster.local`;
    const client = new DeltaClient(istiod.xdsPort).withNode({ id, metadata: { fields } });
    client.subscribe("CDS", ["*"]);
    const { resources } = await client.next("CDS");
    client.close();
    return services(resources.map(({ name }) => name));
  }

  async function ofAdapter(namespace: string): Promise<readonly string[]> {
    const response = await fetch(`${admin}/debug/snapshot?namespace=${namespace}`);
    const { CDS } = (await response.json()) as { readonly CDS: { readonly resources: readonly { name: string }[] } };
    return services(CDS.resources.map(({ name }) => name));
  }

  it("have the adapter give each namespace the clusters that istiod gives it, and what it reads it may read", async () => {
    const both = async (namespace: string) => [await ofIstiod(namespace, "web"), await ofAdapter(namespace)] as const;
    await expect.poll(() => ofAdapter("open"), { timeout: 20_000 }).toContain(LENT);
    for (const namespace of NAMESPACES.filter((one) => one !== "shop")) {
      const [expected, found] = await both(namespace);
      expect(found, namespace).toEqual(expected);
    }
    // Which of its workloads a node serves is not known: what any of them calls.
    const [web, all] = await both("shop");
    const batch = await ofIstiod("shop", "batch");
    expect(batch).not.toEqual(web);
    expect(all).toEqual([...new Set([...web, ...batch])].sort());
    const everybodys = (await ofAdapter("open")).filter((one) => one !== LENT);
    expect(await ofIstiod("silent", "gateway", "router"), "no Sidecar is for gateways").toEqual(everybodys);
    expect(adapter.stderr).not.toMatch(/forbidden|cannot be/);
  });
});

const ADDRESSES = ["--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

const LENT = "lent.example.com 20880";
/** From their own namespace, too. */
const KEPT = [serviceEntry("lent", "open"), serviceEntry("kept", "~")];

function serviceEntry(name: string, exportedTo: string): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name, namespace: "office" },
    spec: {
      hosts: [`${name}.example.com`],
      exportTo: [exportedTo],
      ports: [{ number: 20880, name: "dubbo", protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: [{ address: "10.0.0.9" }],
    },
  };
}

function services(clusters: readonly string[]): readonly string[] {
  const parts = clusters.map((name) => name.split("|"));
  const found = parts.filter(([direction, , , host]) => direction === "outbound" && !host?.includes(".default."));
  return [...new Set(found.map(([, port, , host]) => `${host} ${port}`))].sort();
}
