// Apache Dubbo Java in Pods with sidecars of a real istiod: who may call a service is said by AuthorizationPolicies of Meltemi's.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { reportOf, type Steps } from "../interop/support/consumer-report.js";
import { javaConsumer, javaProvider, type Provider } from "../interop/support/programs.js";
import { ENVOY_ADMIN_PORT } from "../net/support/envoy.js";
import { Authority } from "../support/certificates.js";
import { freePort } from "./support/child.js";
import { applyPod, applyService } from "./support/dubbo-service.js";
import { installMeltemi } from "./support/install.js";
import { Istiod } from "./support/istiod.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";
import { type Pod, PodNetwork } from "./support/pod-network.js";
import { activeFilters, startPodSidecar } from "./support/sidecar.js";
import { WorkloadIdentity } from "./support/workload-identity.js";

const PORT = 20880;
const JUDGED = `inbound_dubbo_${PORT}`;
const OBSERVED = `inbound_dubbo_${PORT}/observe`;
const NAMESPACES = ["prod", "web", "test"] as const;
type Namespace = (typeof NAMESPACES)[number];

describe("a service in a Pod with a sidecar of a real istiod", () => {
  let network: PodNetwork;
  let cluster: KubernetesCluster;
  let istiod: Istiod;
  let adapterOptions: readonly string[];
  let adapter: Running;
  let greeter: Provider;
  let address: string;
  let server: Pod;
  const clients = new Map<Namespace, Pod>();
  const identities = new Map<Namespace, WorkloadIdentity>();
  const sidecars = new Map<string, EnvoyProcess>();

  async function startAdapter(): Promise<void> {
    adapter = Running.start([MAIN, "adapter", ...adapterOptions]);
    await adapter.firstLine();
  }

  async function startSidecar(namespace: Namespace, pod: Pod, labels: Record<string, string>): Promise<void> {
    const identity = identities.get(namespace) as WorkloadIdentity;
    sidecars.set(pod.name, await startPodSidecar(istiod, namespace, pod, identity, labels));
  }

  /** Until then the listener that was there before takes the connections. */
  async function hasFilter(pod: Pod, filter: string): Promise<void> {
    const sidecar = sidecars.get(pod.name) as EnvoyProcess;
    await vi.waitUntil(async () => (await activeFilters(sidecar)).includes(filter), { timeout: 30_000 });
  }

  beforeAll(async () => {
    network = await PodNetwork.create();
    const authority = new Authority("mesh");
    for (const namespace of NAMESPACES) identities.set(namespace, await WorkloadIdentity.serve(authority, namespace));
    cluster = await KubernetesCluster.start();
    const { certificate, key } = authority.issue(network.address);
    const files = { "adapter.crt": certificate, "adapter.key": key, "mesh.crt": authority.certificate };
    for (const [name, text] of Object.entries(files)) await writeFile(join(cluster.directory, name), text);
    istiod = await Istiod.start(cluster, { address: network.address, mutualTls: true });
    await installMeltemi(cluster, "--mesh", "istio");
    const kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    const file = (name: string) => join(cluster.directory, name);
    const source = ["--source", "kubernetes", "--kubeconfig", kubeconfig, "--mesh", "istio", "--wasm", "local"];
    const xds = `${network.address}:${await freePort()}`;
    const addresses = ["--xds", xds, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    const tls = [
      "--xds-cert",
      file("adapter.crt"),
      "--xds-key",
      file("adapter.key"),
      "--xds-client-ca",
      file("mesh.crt"),
    ];
    adapterOptions = [...source, ...addresses, ...tls];
    await startAdapter();

    server = await network.addPod("greeter-v1");
    const labels = { "security.istio.io/tlsMode": "istio" };
    const backends = [{ name: "v1", address: server.ip, port: PORT, labels }];
    address = await applyService(cluster, { namespace: "prod", name: "greeter", port: PORT, backends });
    await cluster.apply(strictTls(), route());
    for (const namespace of ["web", "test"] as const) {
      const pod = await network.addPod(`client-${namespace}`);
      clients.set(namespace, pod);
      await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
      await applyPod(cluster, namespace, pod.name, pod.ip, { app: "client" });
      await startSidecar(namespace, pod, { app: "client" });
    }
    await startSidecar("prod", server, { app: "greeter" });
    greeter = await javaProvider(["--listen", server.ip], server.inside)("v1", PORT);
    for (const pod of clients.values()) await hasFilter(pod, `outbound_dubbo_${PORT}`);
    await hasFilter(server, OBSERVED);
  }, 180_000);

  afterAll(async () => {
    await greeter.program.stop("SIGKILL");
    for (const sidecar of sidecars.values()) await sidecar.stop();
    adapter.kill("SIGTERM");
    await adapter.closed;
    await istiod.stop();
    await cluster.stop();
    for (const identity of identities.values()) await identity.stop();
    await network.remove();
  });

  /** What becomes of a call of Dubbo Java from a namespace, and of another one on the same connection when something was done. */
  async function ask(
    namespace: Namespace,
    change: () => Promise<unknown> = async () => {},
  ): Promise<readonly string[]> {
    const { inside } = clients.get(namespace) as Pod;
    const steps: Steps = { change };
    const report = await reportOf(javaConsumer({ address: `${address}:${PORT}`, mesh: true }, ["ask"], inside), steps);
    return ["ask: first", "ask: then"].map((name) => report.get(name)?.detail ?? "not reported");
  }

  const admitting = (source: object) =>
    policy("greeter", { selector: { matchLabels: { app: "greeter" } }, rules: [{ from: [{ source }] }] });

  it("admits one workload's principal and denies another, on connections that exist when the policy is changed, too", async () => {
    await cluster.apply(admitting({ principals: ["cluster.local/ns/web/sa/default"] }));
    await hasFilter(server, JUDGED);
    const [first, then] = await ask("web", () => cluster.apply(admitting({ namespaces: ["test"] })));
    expect(first).toBe("answered by v1");
    expect(then).toMatch(/^refused: .*meltemi: access denied/s);

    const back = await ask("test", () => cluster.apply(admitting({ principals: ["cluster.local/ns/web/*"] })));
    expect(back[0]).toBe("answered by v1");
    expect(back[1]).toMatch(/^refused: .*meltemi: access denied/s);
  });

  it("tells the namespace of its denied calls, and that of the calls that it lets in", async () => {
    const stats = async () =>
      await (
        await fetch(`http://${server.ip}:${ENVOY_ADMIN_PORT}/stats?filter=${encodeURIComponent("meltemi_")}`)
      ).text();
    await expect
      .poll(stats, { timeout: 10_000 })
      .toMatch(/meltemi_replies_total;listener=inbound_dubbo_20880;code=denied: [1-9]/);
    expect(await stats()).toMatch(
      /requests_total;listener=inbound_dubbo_20880;.*method=whoAmI;cluster=inbound\|20880\|\|;status=20: [1-9]/,
    );
  });

  it("refuses a policy with what is not known in it when it is applied, rather than to drop it", async () => {
    const source = { principals: ["*"], requestPrincipals: ["x"] };
    await expect(cluster.apply(admitting(source))).rejects.toThrow(/requestPrincipals/);
    await expect(cluster.apply(admitting({ principals: ["*"], principal: ["x"] }))).rejects.toThrow(/no such field/);
    await expect(cluster.apply(admitting({ ipBlocks: ["10.0.0.0/33"] }))).rejects.toThrow(/IP address/);
    const when = [{ key: "request.auth.claims[iss]", values: ["x"] }];
    await expect(cluster.apply(policy("claims", { rules: [{ when }] }))).rejects.toThrow(/no key of a call/);
  });

  it("lets nobody in whose policies its sidecar has not got, because the adapter is away", async () => {
    await cluster.apply(admitting({ namespaces: ["web"] }));
    expect((await ask("web"))[0]).toBe("answered by v1");
    adapter.kill("SIGTERM");
    await adapter.closed;
    await sidecars.get(server.name)?.stop();
    await startSidecar("prod", server, { app: "greeter" });
    await hasFilter(server, JUDGED);
    const [first, then] = await ask("web", startAdapter);
    expect(first).toMatch(/^refused: /);
    expect(then).toMatch(/^refused: |^answered by v1$/);
    // Envoy asks again with pauses that grow to 30 s.
    await expect.poll(async () => (await ask("web"))[0], { timeout: 60_000 }).toBe("answered by v1");
  }, 120_000);

  it("is only observed again when there is no policy for it", async () => {
    await cluster.kubectl(["delete", "mauthz", "greeter", "-n", "prod"]);
    await hasFilter(server, OBSERVED);
    expect(await ask("test")).toEqual(["answered by v1", "answered by v1"]);
  });
});

function policy(name: string, spec: object): object {
  const metadata = { name, namespace: "prod" };
  return { apiVersion: "networking.meltemi.io/v1alpha1", kind: "AuthorizationPolicy", metadata, spec };
}

/** Nobody in the mesh takes what comes without a certificate. */
function strictTls(): object {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace: "istio-system" },
    spec: { mtls: { mode: "STRICT" } },
  };
}

function route(): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name: "greeter", namespace: "prod" },
    spec: {
      hosts: ["io.meltemi.interop.api.GreeterService"],
      routes: [{ route: [{ destination: { host: "greeter" } }] }],
    },
  };
}
