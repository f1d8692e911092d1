import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { answerText } from "../support/dubbo.js";
import { freePort } from "./support/child.js";
import { applyReviews, reviewsRoutes, reviewsSubsets, startReviews } from "./support/dubbo-service.js";
import { installMeltemi } from "./support/install.js";
import { Istiod } from "./support/istiod.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";
import { activeFilters, GATEWAY, startGateway } from "./support/sidecar.js";

const HOST = "reviews.prod.svc.cluster.local";

describe("an ingress gateway of a real istiod", () => {
  let cluster: KubernetesCluster;
  let istiod: Istiod;
  let reviews: Awaited<ReturnType<typeof startReviews>>;
  let adapter: Running;
  let gateway: EnvoyProcess;
  let port: number;
  /** No service has it. */
  let outside: number;

  beforeAll(async () => {
    reviews = await startReviews();
    port = await freePort();
    outside = await freePort();
    cluster = await KubernetesCluster.start();
    istiod = await Istiod.start(cluster);
    await installMeltemi(cluster, "--mesh", "istio");
    await applyReviews(cluster, "prod", reviews.servers, port);
    await cluster.apply(reviewsSubsets("prod", ["v1", "v2"]), reviewsRoutes("prod", "v2"), ...opened(port, outside));
    const kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    const source = ["--source", "kubernetes", "--kubeconfig", kubeconfig, "--mesh", "istio"];
    const addresses = ["--xds", `127.0.0.1:${await freePort()}`, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    adapter = Running.start([MAIN, "adapter", ...source, ...addresses]);
    await adapter.firstLine();
    gateway = await startGateway(istiod, cluster);
    await gateway.ready();
  }, 180_000);

  afterAll(async () => {
    await gateway.stop();
    adapter.kill("SIGTERM");
    await adapter.closed;
    await istiod.stop();
    await cluster.stop();
    await reviews.stop();
  });

  it("takes Dubbo from outside and routes each call by what is in it", async () => {
    await expect.poll(() => activeFilters(gateway), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}`);
    const client = await DubboClient.connect(port);
    const ask = async (user: string) => {
      return answerText(await client.call("org.example.Reviews", "hello", { attachments: { user } }));
    };
    expect(await ask("jason")).toBe("v2 hello");
    expect(await ask("mary")).toBe("v1 hello");
    client.close();
    expect(adapter.stderr).not.toMatch(/forbidden|cannot be/);
  });

  it("does so at a port of its own, too", async () => {
    await expect.poll(() => activeFilters(gateway), { timeout: 20_000 }).toContain(`outbound_dubbo_${outside}`);
    const client = await DubboClient.connect(outside);
    for (const [user, version] of Object.entries({ jason: "v2", mary: "v1" })) {
      const answer = await client.call("org.example.Reviews", "hello", { attachments: { user } });
      expect(answerText(answer)).toBe(`${version} hello`);
    }
    client.close();
  });

  it("is replaced by another one under load, and no call is lost", async () => {
    const load = [new Caller(port), new Caller(port), new Caller(port)];
    const running = load.map((caller) => caller.run());
    const next = await startGateway(istiod, cluster);
    await expect.poll(() => activeFilters(next), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}`);
    const admin = `http://${await gateway.ready()}`;
    await fetch(`${admin}/healthcheck/fail`, { method: "POST" });
    await fetch(`${admin}/drain_listeners`, { method: "POST" });
    const left = async () => {
      const stats = await (
        await fetch(`${admin}/stats?filter=^http.outbound_dubbo_${port}.downstream_cx_active`)
      ).text();
      return stats.trim().replace(/^.*: /, "");
    };
    await expect.poll(left, { timeout: 20_000 }).toBe("0");
    await gateway.stop();
    gateway = next;
    const answered = load.map((caller) => caller.answered);
    await expect.poll(() => load.every((caller, i) => caller.answered > (answered[i] as number))).toBe(true);
    for (const caller of load) caller.stop();
    await Promise.all(running);
    expect(load.map(({ connections }) => connections > 1)).toEqual([true, true, true]);
  });
});

/** Calls one after the other, and goes elsewhere when it is told to: as clients do that are well-behaved. */
class Caller {
  answered = 0;
  connections = 0;
  #stopped = false;

  constructor(private readonly port: number) {}

  /** Fails when a call is not answered well. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const client = await DubboClient.connect(this.port);
      this.connections++;
      const before = this.answered;
      try {
        while (!this.#stopped && client.unexpected.length === 0) await this.#call(client);
      } catch (error) {
        // What has lain in the queue of a listener that was closed has been accepted by nobody.
        if (this.answered > before || !String(error).includes("closed before")) throw error;
      }
      client.close();
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #call(client: DubboClient): Promise<void> {
    const answer = answerText(await client.call("org.example.Reviews", "hello", { attachments: { user: "jason" } }));
    if (answer !== "v2 hello") throw new Error(`answered with "${answer}"`);
    this.answered++;
  }
}

/** Istio's part: ports are opened, and without the filter all that comes goes to the service. */
function opened(port: number, outside: number): readonly object[] {
  const server = (number: number, name: string) => ({
    port: { number, name, protocol: "TCP" },
    bind: "127.0.0.1",
    hosts: ["*"],
  });
  const servers = [server(port, "tcp-dubbo"), server(outside, "tcp-dubbo-outside")];
  const gateway = { selector: GATEWAY.labels, servers };
  const route = [{ destination: { host: HOST, port: { number: port } } }];
  const metadata = { name: "dubbo", namespace: "prod" };
  return [
    { apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata, spec: gateway },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata,
      spec: { hosts: ["*"], gateways: ["dubbo"], tcp: [{ route }] },
    },
  ];
}
