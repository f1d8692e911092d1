import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import type { Running } from "../cli/support/meltemi.js";
import { getObject, installGatewayApi, said } from "./support/gateway-api.js";
import { installMeltemi, virtualService } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";
import { service, startKubernetesAdapter, to } from "./support/status.js";

const CONTROLLER = "meltemi.io/gateway-controller";
const LATER = { timeout: 20_000, interval: 200 };

describe("the Gateway API on a real API server, by an account with the rights of `meltemi install`", () => {
  let cluster: KubernetesCluster;
  let adapter: Running;
  let envoy: EnvoyProcess | undefined;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
    for (const name of ["prod", "other"]) {
      await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    }
    adapter = startKubernetesAdapter(await cluster.kubeconfigOf("meltemi-system", "meltemi"));
    await adapter.firstLine();
  });

  afterAll(async () => {
    await envoy?.stop();
    adapter.kill("SIGTERM");
    await adapter.closed;
    await cluster.stop();
  });

  const api = (kind: string, name: string, spec: object, namespace = "prod") => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind,
    metadata: { name, ...(kind !== "GatewayClass" && { namespace }) },
    spec,
  });

  /** What is said of a route at its parents, by who says it. */
  async function parents(kind: string, name: string, namespace = "prod") {
    const { status, metadata } = await getObject(cluster, kind, name, namespace);
    return (status?.parents ?? []).map(({ controllerName, parentRef, conditions }) => ({
      controllerName,
      at: parentRef.sectionName ?? parentRef.name,
      ...said(conditions, metadata.generation),
    }));
  }

  const web = (rules: readonly object[]) => ({
    parentRefs: [{ name: "edge", sectionName: "http" }],
    hostnames: ["web.example.com"],
    rules,
  });

  const listeners = [
    { name: "http", port: 8080, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } },
    { name: "dubbo", port: 20880, protocol: "networking.meltemi.io/dubbo" },
    { name: "tcp", port: 9000, protocol: "TCP" },
  ];

  it("is read once it is installed, and a class of ours is accepted", async () => {
    await installGatewayApi(cluster);
    await cluster.apply(api("GatewayClass", "meltemi", { controllerName: CONTROLLER }));
    await cluster.apply(api("GatewayClass", "theirs", { controllerName: "example.com/other" }));
    await expect
      .poll(async () => said((await getObject(cluster, "gatewayclass", "meltemi")).status?.conditions), LATER)
      .toEqual({ Accepted: "True Accepted" });
    expect(said((await getObject(cluster, "gatewayclass", "theirs")).status?.conditions)).toEqual({
      Accepted: expect.stringContaining("Unknown Pending"),
    });
  });

  it("a Gateway is accepted, and programmed when its Envoys have it; its addresses are its Service's", async () => {
    const ports = [{ name: "http", port: 8080 }];
    const metadata = { name: "edge", namespace: "prod" };
    await cluster.apply({ apiVersion: "v1", kind: "Service", metadata, spec: { ports } });
    await cluster.apply(api("Gateway", "edge", { gatewayClassName: "meltemi", listeners }));
    const conditions = async () => {
      const { status, metadata } = await getObject(cluster, "gateway.gateway.networking.k8s.io", "edge");
      return said(status?.conditions, metadata.generation);
    };
    await expect
      .poll(conditions, LATER)
      .toEqual({ Accepted: "True Accepted", Programmed: "Unknown NoEnvoy no Envoy is connected" });
    envoy = await startGateway(await adapter.firstLine());
    await expect
      .poll(conditions, LATER)
      .toEqual({ Accepted: "True Accepted", Programmed: "True Programmed all Envoys have it" });
    const { status } = await getObject(cluster, "gateway.gateway.networking.k8s.io", "edge");
    expect(status?.addresses).toEqual([{ type: "IPAddress", value: expect.stringMatching(/^10\.0\./) }]);
    expect(status?.listeners?.map((one) => ({ ...one, conditions: said(one.conditions).Programmed }))).toEqual(
      [
        ["http", ["HTTPRoute", "GRPCRoute"]],
        ["dubbo", ["VirtualService"]],
        ["tcp", ["TCPRoute"]],
      ].map(([name, kinds]) => ({
        name,
        attachedRoutes: 0,
        supportedKinds: (kinds as string[]).map((kind) => expect.objectContaining({ kind })),
        conditions: "True Programmed all Envoys have it",
      })),
    );
  });

  it("a route is told what became of it at its parent, and when what it names is there", async () => {
    const rules = [{ backendRefs: [{ name: "web", port: 80 }] }];
    await cluster.apply(api("HTTPRoute", "web", web(rules)));
    await expect
      .poll(() => parents("httproute", "web"), LATER)
      .toEqual([
        {
          controllerName: CONTROLLER,
          at: "http",
          Accepted: "True Accepted",
          ResolvedRefs: expect.stringMatching(/^False BackendNotFound .*no service has the host web\.prod\.svc/),
        },
      ]);
    const metadata = { name: "web", namespace: "prod" };
    await cluster.apply({ apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }] } });
    await expect
      .poll(() => parents("httproute", "web"), LATER)
      .toMatchObject([{ Accepted: "True Accepted", ResolvedRefs: "True ResolvedRefs" }]);
    const { status } = await getObject(cluster, "gateway.gateway.networking.k8s.io", "edge");
    expect(status?.listeners?.find(({ name }) => name === "http")?.attachedRoutes).toBe(1);
  });

  it("one that asks for what Meltemi does not do says so, and stays as it was", async () => {
    const filters = [{ type: "CORS", cors: { allowOrigins: ["*"] } }];
    const rules = [{ filters, backendRefs: [{ name: "web", port: 80 }] }];
    await cluster.apply(api("HTTPRoute", "web", web(rules)));
    await expect
      .poll(() => parents("httproute", "web"), LATER)
      .toMatchObject([
        { Accepted: expect.stringMatching(/^False UnsupportedValue spec\.rules\[0\]\.filters\[0\]\.type: CORS/) },
      ]);
  });

  it("a backend of another namespace needs a ReferenceGrant", async () => {
    const rules = [{ backendRefs: [{ name: "web", namespace: "prod", port: 80 }] }];
    const parentRefs = [{ name: "edge", namespace: "prod", sectionName: "http" }];
    await cluster.apply(api("GRPCRoute", "far", { parentRefs, hostnames: ["grpc.example.com"], rules }, "other"));
    await expect
      .poll(() => parents("grpcroute", "far", "other"), LATER)
      .toMatchObject([{ Accepted: "True Accepted", ResolvedRefs: expect.stringMatching(/^False RefNotPermitted/) }]);
    const from = [{ group: "gateway.networking.k8s.io", kind: "GRPCRoute", namespace: "other" }];
    await cluster.apply(api("ReferenceGrant", "far", { from, to: [{ group: "", kind: "Service" }] }));
    await expect
      .poll(() => parents("grpcroute", "far", "other"), LATER)
      .toMatchObject([{ ResolvedRefs: "True ResolvedRefs" }]);
  });

  it("a VirtualService is told of its parents, beside its own conditions", async () => {
    await cluster.apply(...service("reviews"));
    const parentRefs = [{ name: "edge", sectionName: "dubbo" }];
    await cluster.apply(virtualService("reviews", { hosts: ["org.example.Reviews"], parentRefs, ...to("reviews") }));
    await expect
      .poll(() => parents("mvs", "reviews"), LATER)
      .toEqual([
        { controllerName: CONTROLLER, at: "dubbo", Accepted: "True Accepted", ResolvedRefs: "True ResolvedRefs" },
      ]);
    const conditions = async () => said((await getObject(cluster, "mvs", "reviews")).status?.conditions);
    await expect.poll(conditions, LATER).toMatchObject({ Programmed: "True Programmed all Envoys have it" });
  });

  it("what other controllers say of a route stays, and what we say goes when it is ours no more", async () => {
    const rules = [{ backendRefs: [{ name: "web", port: 80 }] }];
    await cluster.apply(api("TCPRoute", "both", { parentRefs: [{ name: "edge" }], rules }));
    await expect.poll(() => parents("tcproute", "both"), LATER).toMatchObject([{ Accepted: "True Accepted" }]);
    const { status } = await getObject(cluster, "tcproute", "both");
    const [ours] = status?.parents ?? [];
    const theirs = { ...ours, parentRef: { name: "theirs" }, controllerName: "example.com/other" };
    const patch = { status: { parents: [theirs, ...(status?.parents ?? [])] } };
    await cluster.kubectl([
      "patch",
      "tcproute",
      "both",
      "-n",
      "prod",
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify(patch),
    ]);
    await cluster.apply(api("TCPRoute", "both", { parentRefs: [{ name: "elsewhere" }], rules }));
    await expect
      .poll(() => parents("tcproute", "both"), LATER)
      .toMatchObject([{ controllerName: "example.com/other", at: "theirs" }]);
  });
});

/** An Envoy of the Gateway prod/edge. */
async function startGateway(ready: string): Promise<EnvoyProcess> {
  const [, port] = /xds=127\.0\.0\.1:(\d+)/.exec(ready) ?? [];
  const bootstrap = buildBootstrap({
    node: {
      id: "router~127.0.0.1~edge-1.prod~prod.svc.cluster.local",
      cluster: "edge",
      namespace: "prod",
      labels: { "gateway.networking.k8s.io/gateway-name": "edge" },
    },
    xds: { host: "127.0.0.1", port: Number(port) },
    admin: { ip: "127.0.0.1", port: 0 },
    mode: "delta",
  });
  const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
  return await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log: createLogger({ level: "silent" }) });
}
