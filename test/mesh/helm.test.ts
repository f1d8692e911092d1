import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { MAIN, meltemi, Running } from "../cli/support/meltemi.js";
import { Authority } from "../support/certificates.js";
import { freePort } from "./support/child.js";
import { CHART, helm, helmTemplate, tryHelm } from "./support/helm.js";
import { virtualService } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

interface Container {
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly volumeMounts?: readonly { readonly mountPath: string }[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly template: {
      readonly metadata: object;
      readonly spec: { readonly containers: readonly [Container]; readonly terminationGracePeriodSeconds: number };
    };
  };
}

const ISTIO = ["--set", "mesh=istio"];
const TLS = ["--set", "xdsTls.secretName=adapter-tls"];
const ALL_ELSE = [
  ...TLS,
  ...["--set", "xdsTls.clientCertificates=false,wasm.source=https://adapter.example/meltemi.wasm,wasm.cluster=files"],
  ...["--set", "extraArgs={--log-level=debug},listen={dubbo=0.0.0.0:20880},image.pullSecrets={registry}"],
  ...["--set", "podLabels.a=b,podAnnotations.a=b,nodeSelector.a=b,tolerations[0].operator=Exists,resources=null"],
];
const LISTEN = "dubbo:20880=0.0.0.0:20880,[::]:20880";

describe("the Helm chart", () => {
  it("has nothing that helm lint finds fault with", async () => {
    for (const values of [[], ISTIO, TLS]) {
      expect(await helm(["lint", "--strict", CHART, ...values])).toContain("1 chart(s) linted, 0 chart(s) failed");
    }
  });

  it.each([
    ["as it is", [], []],
    ["for Istio", ISTIO, ["--mesh", "istio"]],
    [
      "for Istio elsewhere",
      [...ISTIO, "--set", "istioNamespace=mesh,advertise=adapter.example:18000"],
      ["--mesh", "istio", "--istio-namespace", "mesh", "--advertise", "adapter.example:18000"],
    ],
    ["with TLS", TLS, ["--xds-tls-secret", "adapter-tls"]],
    ["for Istio with TLS", [...ISTIO, ...TLS], ["--mesh", "istio", "--xds-tls-secret", "adapter-tls"]],
    [
      "with all that there is to choose",
      [
        ...["--set", "namespaces={a,b},image.repository=registry.example:5000/adapter,image.tag=v2"],
        ...["--set-json", `listen=${JSON.stringify([LISTEN, "dubbo=127.0.0.1:1"])}`],
      ],
      [
        ...["--read-namespace", "a", "--read-namespace", "b", "--image", "registry.example:5000/adapter:v2"],
        ...["--listen", LISTEN, "--listen", "dubbo=127.0.0.1:1"],
      ],
    ],
  ])("is what `meltemi install` prints, %s", async (_, values, options) => {
    const chart = objectsOf(await helmTemplate(...values)).map(withoutKeep);
    const plain = objectsOf((await meltemi("install", "--dry-run", ...options)).stdout);
    // Helm makes the namespace itself.
    expect(byName(chart)).toEqual(byName(plain.filter(({ kind }) => kind !== "Namespace")));
  });

  it.each([
    ["replicas=two", "at '/replicas': got string, want integer"],
    ["replica=3", "additional properties 'replica' not allowed"],
    ["mesh=linkerd", "at '/mesh': value must be one of 'standalone', 'istio'"],
    ["namespaces={Prod}", "at '/namespaces/0': 'Prod' does not match pattern"],
    ["networkPolicy.apiServerPorts={70000}", "at '/networkPolicy/apiServerPorts/0': maximum: got 70,000, want 65,535"],
    ["listen={20880}", 'listen: "20880": write PROTOCOL=ADDRESS:PORT, such as dubbo=0.0.0.0:20880'],
    ["mesh=istio,advertise=meltemi", 'advertise: "meltemi": write HOST:PORT, such as meltemi.meltemi-system.svc:18000'],
    ["advertise=meltemi:1", "advertise: only with mesh: istio"],
    ["wasm.source=/meltemi.wasm", 'wasm.source: "/meltemi.wasm": write inline, file:/path or an http(s) URL'],
    ["wasm.source=https://adapter/meltemi.wasm", "wasm.cluster goes with a URL as wasm.source"],
  ])("refuses %s", async (value, message) => {
    const args = ["template", "meltemi", CHART, value.startsWith("listen") ? "--set-string" : "--set", value];
    const { status, stderr } = await tryHelm(args);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe("the Helm chart in a cluster", () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
  });

  afterAll(() => cluster.stop());

  async function release(command: "install" | "upgrade", chart: string, ...values: readonly string[]): Promise<string> {
    const place = ["--namespace", "meltemi-system", "--create-namespace"];
    return await helm([command, "meltemi", chart, ...place, ...values], cluster);
  }

  it("is installed, upgraded with its CustomResourceDefinitions, and leaves them when it goes", async () => {
    const old = await mkdtemp(join(tmpdir(), "meltemi-chart-"));
    try {
      await cp(CHART, old, { recursive: true });
      const crds = join(old, "files", "crds.yaml");
      await writeFile(
        crds,
        (await readFile(crds, "utf8")).replaceAll("Where calls of an RPC", "Long ago calls of an RPC"),
      );
      expect(await release("install", old)).toContain("kubectl rollout status -n meltemi-system deploy/meltemi");
    } finally {
      await rm(old, { recursive: true });
    }
    await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    const explained = async () => (await cluster.tryKubectl(["explain", "mvs"])).stdout;
    await expect.poll(explained, { timeout: 20_000 }).toContain("Long ago calls");
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } }, virtualService("a", {}));

    await release("upgrade", CHART, "--set", "replicas=3");
    await expect.poll(explained, { timeout: 20_000 }).toContain("Where calls of an");
    const replicas = ["get", "deploy", "meltemi", "-n", "meltemi-system", "-o", "jsonpath={.spec.replicas}"];
    expect(await cluster.kubectl(replicas)).toBe("3");

    await helm(["uninstall", "meltemi", "--namespace", "meltemi-system"], cluster);
    expect((await cluster.tryKubectl(replicas)).stderr).toContain("not found");
    expect(await cluster.kubectl(["get", "mvs", "-n", "prod", "-o", "name"])).toContain("/a\n");

    await release("install", CHART);
    expect(await cluster.kubectl(replicas)).toBe("2");
  });

  it("stands beside what `meltemi install` has made, when it is told to take it over", async () => {
    await helm(["uninstall", "meltemi", "--namespace", "meltemi-system"], cluster);
    await cluster.apply((await meltemi("install", "--dry-run")).stdout);
    await expect(release("install", CHART)).rejects.toThrow("invalid ownership metadata");
    await release("install", CHART, "--take-ownership");
  });
});

describe.each([
  ["as it is", []],
  ["for Istio", ISTIO],
  ["with TLS", TLS],
  ["for Istio, with TLS", [...ISTIO, ...TLS]],
  ["for some namespaces", ["--set", "namespaces={a,b}"]],
  ["with all else", ALL_ELSE],
])("what the Helm chart comes to, %s", (_, values) => {
  let cluster: KubernetesCluster;
  let kubeconfig: string;
  let deployment: Deployment;
  let container: Container;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    const manifests = await helmTemplate(...values);
    deployment = objectsOf(manifests).find(({ kind }) => kind === "Deployment") as Deployment;
    container = deployment.spec.template.spec.containers[0];
    const namespaces = ["istio-system", "a", "b"].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    }));
    const own = objectsOf((await meltemi("install", "--dry-run")).stdout).filter(({ kind }) => kind === "Namespace");
    await cluster.apply(...own, ...namespaces);
    await cluster.applyCrds(manifests);
    kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    const authority = new Authority("mesh");
    const { certificate, key } = authority.issue("adapter");
    const ca = authority.certificate;
    const files = { "tls.crt": certificate, "tls.key": key, "ca.crt": ca, "root-cert.pem": ca };
    for (const [name, text] of Object.entries(files)) await writeFile(join(cluster.directory, name), text);
  });

  afterAll(() => cluster.stop());

  it("is taken by the API server, and its Pods by a namespace that is restricted", async () => {
    const { template } = deployment.spec;
    const metadata = { ...template.metadata, name: "adapter", namespace: "meltemi-system" };
    const admitted = async (spec: object) => {
      const input = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec });
      return await cluster.tryKubectl(["create", "--dry-run=server", "-f", "-"], { input });
    };
    expect(await admitted(template.spec)).toMatchObject({ status: 0, stderr: "" });
    const { stderr } = await admitted({ ...template.spec, securityContext: {} });
    expect(stderr).toContain('violates PodSecurity "restricted:latest"');
  });

  it("starts an adapter that needs no more rights, is ready for the probes, and ends in good time", async () => {
    const http = await freePort();
    const adapter = startAdapter(http);
    await adapter.firstLine();
    for (const { httpGet } of [container.readinessProbe, container.livenessProbe]) {
      const port = container.ports.find(({ name }) => name === httpGet.port)?.containerPort;
      expect(container.args).toContain(`--http=0.0.0.0:${port}`);
      expect(await statusOf(http, httpGet.path)).toBe(200);
    }
    await adapter.logged("leads: writes into the cluster", 1);
    expect(adapter.stderr).not.toContain("forbidden");

    const { terminationGracePeriodSeconds } = deployment.spec.template.spec;
    const told_ms = Date.now();
    adapter.kill("SIGTERM");
    expect(await adapter.closed).toBe(0);
    const limit_ms = 1_000 * (terminationGracePeriodSeconds - container.lifecycle.preStop.sleep.seconds);
    expect(Date.now() - told_ms).toBeLessThan(limit_ms);
  });

  it("starts an adapter that lives, but is not ready, while the API server is away", async () => {
    const http = await freePort();
    await cluster.stopApiServer();
    const adapter = startAdapter(http);
    const ask = ({ httpGet }: Probe) => statusOf(http, httpGet.path).catch(String);
    await expect.poll(() => ask(container.livenessProbe), { timeout: 20_000 }).toBe(200);
    expect(await ask(container.readinessProbe)).toBe(503);
    await cluster.startApiServer();
    await adapter.firstLine();
    expect(await ask(container.readinessProbe)).toBe(200);
    adapter.kill("SIGTERM");
    expect(await adapter.closed).toBe(0);
  });

  async function statusOf(port: number, path: string): Promise<number> {
    return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  }

  /** With the container's arguments, but for addresses, account and files, which are those of this machine. */
  function startAdapter(http: number): Running {
    const { mountPath = cluster.directory } = container.volumeMounts?.[0] ?? {};
    const args = container.args.map((arg) =>
      arg
        .replace(/^--xds=0\.0\.0\.0:\d+$/, "--xds=127.0.0.1:0")
        .replace(/^--http=0\.0\.0\.0:\d+$/, `--http=127.0.0.1:${http}`)
        .replace(mountPath, cluster.directory),
    );
    return Running.start([MAIN, ...args, "--kubeconfig", kubeconfig, "--admin", "127.0.0.1:0"]);
  }
});

function objectsOf(yaml: string): readonly KubernetesObject[] {
  const documents = parseAllDocuments(yaml) as readonly { toJS(): KubernetesObject | null }[];
  return documents.map((document) => document.toJS()).filter((object) => object !== null);
}

function byName(objects: readonly KubernetesObject[]): Readonly<Record<string, KubernetesObject>> {
  return Object.fromEntries(
    objects.map((object) => [`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object]),
  );
}

/** Helm's own word about what stays when a release goes. */
function withoutKeep(object: KubernetesObject): KubernetesObject {
  const { annotations, ...metadata } = object.metadata;
  if (annotations === undefined) return object;
  expect(annotations).toEqual({ "helm.sh/resource-policy": "keep" });
  return { ...object, metadata };
}
