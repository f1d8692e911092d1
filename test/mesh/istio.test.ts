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
import { activeFilters, boundEgress, startSidecar } from "./support/sidecar.js";

const SERVICE = "org.example.Reviews";

describe("a sidecar of a real istiod", () => {
  let cluster: KubernetesCluster;
  let kubeconfig: string;
  let istiod: Istiod;
  let reviews: Awaited<ReturnType<typeof startReviews>>;
  let adapter: Running;
  let sidecar: EnvoyProcess;
  let client: DubboClient | undefined;
  let port: number;
  let xdsPort: number;

  async function startAdapter(): Promise<void> {
    const source = ["--source", "kubernetes", "--kubeconfig", kubeconfig, "--mesh", "istio"];
    // The filter's code as a file is what a sidecar needs that starts while the adapter is away.
    const code = ["--wasm", "local"];
    const addresses = ["--xds", `127.0.0.1:${xdsPort}`, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    adapter = Running.start([MAIN, "adapter", ...source, ...addresses, ...code]);
    await adapter.firstLine();
  }

  async function stopAdapter(): Promise<void> {
    adapter.kill("SIGTERM");
    await adapter.closed;
  }

  const ask = async (user: string) => {
    client ??= await DubboClient.connect(port);
    return answerText(await client.call(SERVICE, "hello", { attachments: { user } })).replace(/ hello$/, "");
  };

  /** Each on a connection of its own. */
  const askOnceEach = async (...users: readonly string[]) => {
    const answers: string[] = [];
    for (const user of users) {
      client?.close();
      client = undefined;
      answers.push(await ask(user));
    }
    return answers;
  };

  beforeAll(async () => {
    reviews = await startReviews();
    port = await freePort();
    xdsPort = await freePort();
    cluster = await KubernetesCluster.start();
    istiod = await Istiod.start(cluster);
    await installMeltemi(cluster, "--mesh", "istio");
    kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    await applyReviews(cluster, "prod", reviews.servers, port);
    await cluster.apply(boundEgress("prod", port), reviewsSubsets("prod", ["v1", "v2"]), reviewsRoutes("prod", "v2"));
    await startAdapter();
    sidecar = await startSidecar(istiod, "prod");
    await sidecar.ready();
  }, 180_000);

  afterAll(async () => {
    client?.close();
    await sidecar.stop();
    await stopAdapter();
    await istiod.stop();
    await cluster.stop();
    await reviews.stop();
  });

  it("routes each call to Istio's own subset clusters by what is in it", async () => {
    await expect.poll(() => activeFilters(sidecar), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}`);
    expect(await ask("jason")).toBe("v2");
    expect(await ask("mary")).toBe("v1");
  });

  it("leads each user to one server where a DestinationRule hashes, of which istiod and Meltemi read a part each", async () => {
    const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
    const loadBalancer = { consistentHash: { httpHeaderName: "user", maglev: {} } };
    const rule = reviewsSubsets("prod", ["v1", "v2"]) as { spec: { subsets: object[] } };
    rule.spec.subsets.push({ name: "all", trafficPolicy: { loadBalancer } });
    const routes = reviewsRoutes("prod", "v2") as { spec: { routes: object[] } };
    routes.spec.routes = [{ name: "hashed", route: [{ destination: { host: "reviews", subset: "all" } }] }];
    await cluster.apply(rule, routes);

    const homes = async () => {
      client?.close();
      client = await DubboClient.connect(port);
      return (await Promise.all(users.map(ask))).join(" ");
    };
    const once = async () => {
      const found = new Set([await homes(), await homes(), await homes()]);
      return [found.size, new Set([...found].join(" ").split(" ")).size];
    };
    // Three connections agree about every user, and both servers have some.
    await expect.poll(once, { timeout: 20_000 }).toEqual([1, 2]);
    await cluster.apply(reviewsSubsets("prod", ["v1", "v2"]), reviewsRoutes("prod", "v2"));
    await expect.poll(() => askOnceEach("jason", "mary")).toEqual(["v2", "v1"]);
  });

  it("takes calls around the length of Envoy's read buffer, which is istiod's own", async () => {
    for (const length of [1_000_000, 1_048_000, 1_060_000, 1_100_000, 1_150_000, 1_179_000, 1_200_000]) {
      const options = { attachments: { user: "jason" }, args: ["a".repeat(length)] };
      const answer = (client as DubboClient).call(SERVICE, "hello", options);
      const late = new Promise<never>((_, reject) =>
        setTimeout(reject, 5_000, new Error(`${length} bytes: no answer`)),
      );
      expect(answerText(await Promise.race([answer, late]))).toBe("v2 hello");
    }
  });

  it("has each connection go as a whole where a policy says so, and tells what of the policy Istio alone can say", async () => {
    const metadata = { name: "whole", namespace: "prod" };
    const tls = { mode: "SIMPLE", serverCertificate: "/tls.crt", privateKey: "/tls.key" };
    const spec = { protocol: "dubbo", port, mode: "CONNECTION", tls };
    await cluster.apply({ apiVersion: "networking.meltemi.io/v1alpha1", kind: "ListenerPolicy", metadata, spec });
    await expect.poll(() => activeFilters(sidecar), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}/connection`);
    expect(await askOnceEach("jason", "mary")).toEqual(["v2", "v1"]);

    const message = "jsonpath={.status.conditions[?(@.type=='Accepted')].message}";
    const accepted = () => cluster.kubectl(["get", "mlp", "whole", "-n", "prod", "-o", message]);
    await expect.poll(accepted, { timeout: 10_000 }).toMatch(/^spec\.tls: has no effect on Istio's Envoys/);
    await cluster.kubectl(["delete", "mlp", "whole", "-n", "prod"]);
    await expect.poll(() => activeFilters(sidecar), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}`);
    expect(await askOnceEach("jason", "mary")).toEqual(["v2", "v1"]);
  });

  it("only observes where a policy says so, and all goes where the routes lead", async () => {
    await cluster.apply(reviewsRoutes("prod", "v1"));
    const metadata = { name: "observed", namespace: "prod" };
    const spec = { protocol: "dubbo", port, mode: "OBSERVE" };
    await cluster.apply({ apiVersion: "networking.meltemi.io/v1alpha1", kind: "ListenerPolicy", metadata, spec });
    await expect.poll(() => activeFilters(sidecar), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}/observe`);
    expect(await askOnceEach("jason", "mary", "jason", "mary", "jason", "mary")).toEqual(Array(6).fill("v1"));
    await cluster.kubectl(["delete", "mlp", "observed", "-n", "prod"]);
    await cluster.apply(reviewsRoutes("prod", "v2"));
    await expect.poll(() => activeFilters(sidecar), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}`);
    await expect.poll(() => askOnceEach("jason", "mary")).toEqual(["v2", "v1"]);
  });

  it("follows kubectl within a second, on a connection that exists", async () => {
    await cluster.apply(reviewsRoutes("prod", "v1"));
    const applied_ms = Date.now();
    await expect.poll(() => ask("jason"), { interval: 10 }).toBe("v1");

    expect(Date.now() - applied_ms).toBeLessThan(1_000);
    expect(client?.socket.destroyed).toBe(false);
  });

  it("goes on while istiod and the adapter are restarted", async () => {
    let answered = 0;
    let asking = true;
    const load = (async () => {
      for (; asking; answered++) expect(await ask("jason")).toMatch(/^v\d$/);
    })();
    await stopAdapter();
    await istiod.stop();
    istiod = await Istiod.restart(cluster, istiod);
    await startAdapter();
    await cluster.apply(reviewsRoutes("prod", "v2"));
    await expect.poll(() => ask("jason"), { timeout: 20_000 }).toBe("v2");
    asking = false;
    await load;
    expect(answered).toBeGreaterThan(100);
  });

  it("serves the service's whole cluster where it starts while the adapter is away, and the routes once it is back", async () => {
    await stopAdapter();
    client?.close();
    client = undefined;
    await sidecar.stop();
    sidecar = await startSidecar(istiod, "prod");
    await sidecar.ready();
    await expect.poll(() => activeFilters(sidecar), { timeout: 20_000 }).toContain(`outbound_dubbo_${port}`);
    await expect.poll(() => ask("mary").catch(String), { timeout: 20_000 }).toMatch(/^v\d$/);
    const early = client as unknown as DubboClient;
    client = undefined;
    await startAdapter();
    // Often enough that it is not by chance.
    const often = Array.from({ length: 5 }, () => ["jason", "mary"]).flat();
    const expected = often.map((user) => (user === "jason" ? "v2" : "v1"));
    // Envoy asks again for what nobody has answered with pauses that grow to 30 s.
    await expect.poll(() => askOnceEach(...often), { timeout: 40_000 }).toEqual(expected);
    // The connection from before goes by the routes, too.
    (client as DubboClient | undefined)?.close();
    client = early;
    for (const [i, user] of often.entries()) expect(await ask(user)).toBe(expected[i]);
  }, 120_000);

  it("is as it was when Meltemi's resources have gone", async () => {
    const foreign = { metadata: { name: "foreign", namespace: "istio-system" }, spec: { configPatches: [] } };
    await cluster.apply({ apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter", ...foreign });
    await cluster.kubectl(["delete", "mvs,service", "reviews", "-n", "prod"]);
    const names = () => cluster.kubectl(["get", "envoyfilters", "-n", "istio-system", "-o", "name"]);
    await expect.poll(names, { timeout: 10_000 }).toBe("envoyfilter.networking.istio.io/foreign\n");
    expect(adapter.stderr).not.toContain('"level":"error"');
  });
});
