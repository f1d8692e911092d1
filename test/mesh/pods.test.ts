// Apache Dubbo Java in Pods with sidecars, all of whose connections are redirected as Istio does it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { MAIN, meltemi, Running, runToEnd } from "../cli/support/meltemi.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { type JavaGroup, namesOf } from "../interop/support/check-names.js";
import { type Check, reportOf } from "../interop/support/consumer-report.js";
import type { Program } from "../interop/support/program.js";
import { javaConsumer, javaProvider, type Provider } from "../interop/support/programs.js";
import { ENVOY_ADMIN_PORT } from "../net/support/envoy.js";
import { Authority } from "../support/certificates.js";
import { AERAKI_CRDS, GROUP } from "./support/aeraki.js";
import { freePort } from "./support/child.js";
import { applyPod, applyReviews, applyService, reviewsSubsets, startReviews } from "./support/dubbo-service.js";
import { installMeltemi } from "./support/install.js";
import { nextInstallation } from "./support/installation.js";
import { Istiod } from "./support/istiod.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";
import { type Pod, PodNetwork } from "./support/pod-network.js";
import { activeFilters, LOCALITY, startPodSidecar } from "./support/sidecar.js";
import { WorkloadIdentity } from "./support/workload-identity.js";

const PORT = 20880;
const SERVICE = "io.meltemi.interop.api.GreeterService";
const LATER = { timeout: 10_000 };
/** Envoy asks again for what nobody has answered with pauses that grow to 30 s. */
const RECONNECTED = { timeout: 40_000 };

describe("Pods with sidecars of a real istiod", () => {
  let network: PodNetwork;
  let cluster: KubernetesCluster;
  let kubeconfig: string;
  const identities = new Map<string, WorkloadIdentity>();
  let istiod: Istiod;
  let adapter: Running;
  let xdsPort: number;
  let adminAddress: string;
  const providers: Provider[] = [];
  const sidecars = new Map<string, EnvoyProcess>();
  let versions: readonly Pod[];
  let client: Pod;
  /** A client in the other namespace. */
  let tester: Pod;
  let elsewhere: DubboServer;
  let address: string;
  let addressInTest: string;

  async function startAdapter(main = MAIN): Promise<void> {
    const source = ["--source", "kubernetes", "--kubeconfig", kubeconfig, "--mesh", "istio"];
    const addresses = ["--xds", `${network.address}:${xdsPort}`, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    const file = (name: string) => join(cluster.directory, name);
    const tls = [
      "--xds-cert",
      file("adapter.crt"),
      "--xds-key",
      file("adapter.key"),
      "--xds-client-ca",
      file("mesh.crt"),
    ];
    adapter = Running.start([main, "adapter", ...source, ...addresses, ...tls, "--wasm", "local"]);
    adminAddress = / admin=http:\/\/(\S+)/.exec(await adapter.firstLine())?.[1] ?? "";
  }

  async function startSidecar(namespace: string, pod: Pod): Promise<void> {
    const identity = identities.get(namespace) as WorkloadIdentity;
    sidecars.set(pod.name, await startPodSidecar(istiod, namespace, pod, identity));
  }

  const sidecarOf = (pod: string) => sidecars.get(pod) as EnvoyProcess;

  const statsOf = (pod: string, filter: string) => {
    const { ip } = [...versions, client].find(({ name }) => name === pod) as Pod;
    return `http://${ip}:${ENVOY_ADMIN_PORT}/stats?filter=${encodeURIComponent(filter)}`;
  };

  /** VMs that it has made so far: with other code each worker gets a new one. */
  async function vms(pod: string): Promise<number> {
    const stats = await (await fetch(statsOf(pod, "wasm\\..*created"))).text();
    return Number(/: (\d+)/.exec(stats)?.[1] ?? 0);
  }

  /** Until then the listener that was there before takes the connections. */
  async function hasFilter(pod: string, filter: string): Promise<void> {
    await vi.waitUntil(async () => (await activeFilters(sidecarOf(pod))).includes(filter), { timeout: 30_000 });
  }

  beforeAll(async () => {
    network = await PodNetwork.create();
    const authority = new Authority("mesh");
    for (const namespace of ["prod", "test"]) {
      identities.set(namespace, await WorkloadIdentity.serve(authority, namespace));
    }
    cluster = await KubernetesCluster.start();
    const { certificate, key } = authority.issue(network.address);
    const files = { "adapter.crt": certificate, "adapter.key": key, "mesh.crt": authority.certificate };
    for (const [name, text] of Object.entries(files)) await writeFile(join(cluster.directory, name), text);
    istiod = await Istiod.start(cluster, { address: network.address, mutualTls: true });
    await installMeltemi(cluster, "--mesh", "istio");
    kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    xdsPort = await freePort();
    await startAdapter();
    versions = [await network.addPod("greeter-v1"), await network.addPod("greeter-v2")];
    client = await network.addPod("client");
    tester = await network.addPod("tester");
    elsewhere = await DubboServer.start("elsewhere", undefined, undefined, network.address);
    const labels = { "security.istio.io/tlsMode": "istio" };
    const backends = versions.map(({ ip }, i) => ({ name: `v${i + 1}`, address: ip, port: PORT, labels }));
    address = await applyService(cluster, { namespace: "prod", name: "greeter", port: PORT, backends });
    addressInTest = await applyService(cluster, {
      namespace: "test",
      name: "greeter",
      port: PORT,
      backends: [elsewhere],
    });
    await applyPod(cluster, "prod", "client", client.ip, { app: "client" });
    await applyPod(cluster, "test", "tester", tester.ip, { app: "tester" });
    await cluster.apply(strictTls(), ...subsets(), routes("v2"));
    for (const pod of [...versions, client]) await startSidecar("prod", pod);
    await startSidecar("test", tester);
    for (const [i, pod] of versions.entries()) {
      providers.push(await javaProvider(["--listen", pod.ip], pod.inside)(`v${i + 1}`, PORT));
    }
    await hasFilter("client", `outbound_dubbo_${PORT}`);
    for (const { name } of versions) await hasFilter(name, `inbound_dubbo_${PORT}/observe`);
  }, 180_000);

  afterAll(async () => {
    for (const { program } of providers) await program.stop("SIGKILL");
    for (const sidecar of sidecars.values()) await sidecar.stop();
    adapter.kill("SIGTERM");
    await adapter.closed;
    await istiod.stop();
    await cluster.stop();
    await elsewhere.close();
    for (const identity of identities.values()) await identity.stop();
    await network.remove();
  });

  /** Its connections end in its own sidecar, at the Service's address. */
  function consumer(groups: readonly JavaGroup[]): Program {
    return javaConsumer({ address: `${address}:${PORT}`, mesh: true }, groups, client.inside);
  }

  /** What of a report is not well; all the names must be in it. */
  function failures(report: ReadonlyMap<string, Check>, groups: readonly JavaGroup[]): object {
    const missing = namesOf(groups).filter((name) => !report.has(name));
    const failed = [...report].filter(([, { ok }]) => !ok);
    return Object.fromEntries([...missing.map((name) => [name, "not reported"]), ...failed]);
  }

  it("carry all that Dubbo Java sends, each call to its version", async () => {
    const groups = ["call", "types", "size", "concurrency"] as const;
    expect(failures(await reportOf(consumer(groups)), groups)).toEqual({});
    expect(adapter.stderr).not.toContain('"component":"config"');
  });

  it("count the calls of both sides", async () => {
    const counts = async (pod: string, side: string) =>
      await (await fetch(statsOf(pod, `requests_total;listener=${side}`))).text();
    const call = `service=${SERVICE}:${PORT};method=whoAmI`;
    const routed = `${call};cluster=outbound|${PORT}|v2|greeter.prod.svc.cluster.local;status=20`;
    await expect.poll(() => counts("client", "outbound"), LATER).toContain(routed);
    await expect
      .poll(() => counts("greeter-v2", "inbound"), LATER)
      .toContain(`${call};cluster=inbound|${PORT}||;status=20`);
  });

  it("are known to the adapter by the certificates that they have of the mesh", async () => {
    const { stdout } = await meltemi("status", "--admin", adminAddress);
    expect(stdout).toMatch(/ prod +spiffe:\/\/cluster\.local\/ns\/prod\/sa\/default .* ECDS ok/);
  });

  it("speak TLS with one another, by those certificates", async () => {
    const handshakes = await (await fetch(statsOf("greeter-v2", "listener.*ssl.handshake"))).text();
    expect(handshakes).toMatch(/: [1-9]/);
  });

  it("take a call of a service that nobody names to the Service that was dialled, of two of one name", async () => {
    expect(await callFrom(client, `${addressInTest}:${PORT}`)).toBe("elsewhere getReviews\n");
  });

  it("go by the rule of their own namespace, where two have one for services of one name", async () => {
    const servers = new Map<string, DubboServer>();
    for (const namespace of ["prod", "test"]) {
      const server = await DubboServer.start(`of-${namespace}`, undefined, undefined, network.address);
      servers.set(namespace, server);
      await applyService(cluster, { namespace, name: "shared", port: PORT, backends: [server] });
      await cluster.apply(ownRoute(namespace, "shared"));
    }
    const dialled = await cluster.kubectl([
      "get",
      "service",
      "shared",
      "-n",
      "prod",
      "-o",
      "jsonpath={.spec.clusterIP}",
    ]);
    await expect.poll(() => callFrom(client, `${dialled}:${PORT}`), LATER).toBe("of-prod getReviews\n");
    await expect.poll(() => callFrom(tester, `${dialled}:${PORT}`), LATER).toBe("of-test getReviews\n");
    for (const namespace of servers.keys()) await cluster.kubectl(["delete", "mvs,service", "shared", "-n", namespace]);
    for (const server of servers.values()) await server.close();
  });

  it("call what is near, by Istio's localities, and what is far when that is ejected", async () => {
    const reviews = await startReviews();
    const [near, far] = reviews.servers as [DubboServer, DubboServer];
    const backends = [near, far].map(({ name, address, port }, i) => {
      const locality = `${LOCALITY.region}.${i === 0 ? LOCALITY.zone : "far"}`;
      return { name, address, port, labels: { "istio-locality": locality } };
    });
    const dialled = await applyReviews(cluster, "prod", backends, PORT);
    await cluster.apply(ejecting("reviews"));
    const ask = () => callFrom(client, `${dialled}:${PORT}`);
    await expect.poll(ask, LATER).toBe("v1 getReviews\n");
    for (let i = 0; i < 10; i++) expect(await ask()).toBe("v1 getReviews\n");

    await near.close();
    await expect.poll(ask, LATER).toBe("v2 getReviews\n");
    for (let i = 0; i < 5; i++) expect(await ask()).toBe("v2 getReviews\n");
    await reviews.stop();
  });

  it("go by Aeraki's MetaRouter of the Service that was dialled", async () => {
    await cluster.applyCrds(AERAKI_CRDS);
    const reviews = await startReviews();
    const dialled = await applyReviews(cluster, "prod", reviews.servers, PORT);
    await cluster.apply(reviewsSubsets("prod", ["v1", "v2"]), metaRouter("reviews"));
    const ask = (user: string) => callFrom(client, `${dialled}:${PORT}`, `user=${user}`);
    // Until the router is in force calls go to either version, so that one answer says nothing.
    const turns = ["jason", "mary", "jason", "mary", "jason", "mary", "jason", "mary"];
    const answers = async () => {
      const all: string[] = [];
      for (const user of turns) all.push(await ask(user));
      return all;
    };
    const wanted = turns.map((user) => `${user === "jason" ? "v2" : "v1"} getReviews\n`);
    await expect.poll(answers, { timeout: 30_000 }).toEqual(wanted);
    await cluster.kubectl(["delete", "metarouter,service", "reviews", "-n", "prod"]);
    await reviews.stop();
  });

  it("follow kubectl within a second, on the connection that exists", async () => {
    const report = await reportOf(consumer(["follow"]), {
      "route jason to v1": () => cluster.apply(routes("v1")),
      "route jason to v2": () => cluster.apply(routes("v2")),
      "delete the rule": () => cluster.kubectl(["delete", "mvs", "greeter", "-n", "prod"]),
    });
    expect(failures(report, ["follow"])).toEqual({});
  });

  it("take new code of the filter without a call lost, and connections of the former code follow routes all the same", async () => {
    await cluster.apply(routes("v1"));
    const upgrade = async () => {
      const before = await vms("client");
      adapter.kill("SIGTERM");
      await adapter.closed;
      await startAdapter(await nextInstallation());
      await vi.waitUntil(async () => (await vms("client")) > before, { timeout: 10_000 });
      await cluster.apply(routes("v2"));
      await sleep(2_000);
    };
    const report = await reportOf(consumer(["unrest"]), { unrest: upgrade });
    expect(failures(report, ["unrest"])).toEqual({});
    expect(report.get("unrest: each call is answered")?.detail).toMatch(/^\d+ calls, 0 of them refused$/);
  });

  it("start while the adapter is away, and take calls to the Service that was dialled", async () => {
    adapter.kill("SIGTERM");
    await adapter.closed;
    await sidecarOf("client").stop();
    await startSidecar("prod", client);
    await hasFilter("client", `outbound_dubbo_${PORT}`);
    expect(await callFrom(client, `${addressInTest}:${PORT}`)).toBe("elsewhere getReviews\n");
    await startAdapter();
    const discovery = statsOf("client", `extension_config_discovery.*outbound_dubbo_${PORT}.config_reload`);
    await expect.poll(async () => await (await fetch(discovery)).text(), RECONNECTED).toMatch(/: [1-9]/);
    expect(failures(await reportOf(consumer(["call"])), ["call"])).toEqual({});
  }, 120_000);

  it("lose no call while the adapter, istiod and the sidecar of one version are restarted", async () => {
    const unrest = async () => {
      adapter.kill("SIGTERM");
      await adapter.closed;
      await cluster.apply(routes("v1"));
      await startAdapter();
      await istiod.stop();
      istiod = await Istiod.restart(cluster, istiod);
      await sidecarOf("greeter-v2").stop();
      await startSidecar("prod", versions[1] as Pod);
      await hasFilter("greeter-v2", `inbound_dubbo_${PORT}/observe`);
      await cluster.apply(routes("v2"));
    };
    expect(failures(await reportOf(consumer(["unrest"]), { unrest }), ["unrest"])).toEqual({});
  });
});

/** What is answered to a call, from a Pod to an address, of a service that no VirtualService names. */
async function callFrom({ inside }: Pod, dialled: string, ...attachments: readonly string[]): Promise<string> {
  const [command = "", ...args] = inside;
  return (await runToEnd(command, [...args, "node", "dist/adapter/demo/call.js", dialled, ...attachments])).stdout;
}

/** Calls of jason go to v2, all others to v1. */
function metaRouter(name: string): object {
  const host = `${name}.prod.svc.cluster.local`;
  const to = (subset: string) => [{ destination: { host, subset } }];
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "MetaRouter",
    metadata: { name, namespace: "prod" },
    spec: {
      hosts: [host],
      routes: [
        { name: "jason", match: { attributes: { user: { exact: "jason" } } }, route: to("v2") },
        { name: "default", route: to("v1") },
      ],
    },
  };
}

/** Of the service that `callFrom` calls, for this namespace alone. */
function ownRoute(namespace: string, host: string): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name: host, namespace },
    spec: { hosts: ["demo.ReviewService"], exportTo: ["."], routes: [{ route: [{ destination: { host } }] }] },
  };
}

/** Without it Istio does not look at localities. */
function ejecting(host: string): object {
  const outlierDetection = { consecutive5xxErrors: 1, interval: "1s", baseEjectionTime: "1m", maxEjectionPercent: 100 };
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: host, namespace: "prod" },
    spec: { host, trafficPolicy: { outlierDetection } },
  };
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

/** Two rules, whose subsets Istio takes together, with a policy that is istiod's to act upon. */
function subsets(): readonly object[] {
  const trafficPolicy = { tls: { mode: "ISTIO_MUTUAL" }, connectionPool: { http: { http2MaxRequests: 1000 } } };
  return ["v1", "v2"].map((version, i) => ({
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: `greeter-${version}`, namespace: "prod" },
    spec: {
      host: "greeter",
      subsets: [{ name: version, labels: { version } }],
      ...(i === 0 && { trafficPolicy }),
    },
  }));
}

function routes(jason: string): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name: "greeter", namespace: "prod" },
    spec: {
      hosts: [SERVICE],
      routes: [
        {
          name: "jason",
          match: [{ attributes: { user: { exact: "jason" } } }],
          route: [{ destination: { host: "greeter", subset: jason } }],
        },
        { route: [{ destination: { host: "greeter", subset: "v1" } }] },
      ],
    },
  };
}
