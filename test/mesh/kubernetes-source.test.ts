import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import { MAIN, Running } from "../cli/support/meltemi.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { answerText } from "../support/dubbo.js";
import { freePort } from "./support/child.js";
import { applyReviews, reviewsRoutes, reviewsSubsets, startReviews } from "./support/dubbo-service.js";
import { installMeltemi } from "./support/install.js";
import { Istiod } from "./support/istiod.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

const SERVICE = "org.example.Reviews";

describe("resources of a Kubernetes API server", () => {
  let cluster: KubernetesCluster;
  let reviews: Awaited<ReturnType<typeof startReviews>>;

  beforeAll(async () => {
    reviews = await startReviews();
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
  });

  afterAll(async () => {
    await cluster.stop();
    await reviews.stop();
  });

  describe("in force", () => {
    let adapter: Running;
    let envoy: EnvoyProcess;
    let client: DubboClient;

    beforeEach(async () => {
      await applyReviews(cluster, "prod", reviews.servers);
      const port = await freePort();
      const options = [
        "--source",
        "kubernetes",
        "--kubeconfig",
        cluster.kubeconfig,
        "--listen",
        `dubbo=127.0.0.1:${port}`,
      ];
      adapter = Running.start([MAIN, "adapter", ...options, ...ADDRESSES]);
      const [, xds] = /xds=127\.0\.0\.1:(\d+)/.exec(await adapter.firstLine()) ?? [];
      const bootstrap = buildBootstrap({
        node: { id: "test", cluster: "test" },
        xds: { host: "127.0.0.1", port: Number(xds) },
        admin: { ip: "127.0.0.1", port: 0 },
        mode: "delta",
      });
      const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
      envoy = await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log: createLogger({ level: "silent" }) });
      await envoy.ready();
      client = await DubboClient.connect(port);
    });

    afterEach(async () => {
      client.close();
      await envoy.stop();
      adapter.kill("SIGTERM");
      await adapter.closed;
    });

    const ask = async (user: string) =>
      answerText(await client.call(SERVICE, "hello", { attachments: { user } })).split(" ")[0];

    it("follow kubectl within a second, kinds that are installed later too, and an API server that goes and comes", async () => {
      // Istio's kinds are not there yet: no subsets, so the VirtualService waits.
      const istiod = await Istiod.start(cluster);
      await istiod.stop();
      await cluster.apply(reviewsSubsets("prod", ["v1", "v2"]), reviewsRoutes("prod", "v2"));
      await expect.poll(() => ask("jason"), { timeout: 10_000 }).toBe("v2");
      expect(await ask("mary")).toBe("v1");

      const changed_ms = Date.now();
      await cluster.apply(reviewsRoutes("prod", "v1"));
      await expect.poll(() => ask("jason"), { interval: 20 }).toBe("v1");
      expect(Date.now() - changed_ms).toBeLessThan(3_000);

      await cluster.stopApiServer();
      expect(await ask("jason")).toBe("v1");
      await cluster.startApiServer();
      await cluster.apply(reviewsRoutes("prod", "v2"));
      await expect.poll(() => ask("jason"), { timeout: 20_000 }).toBe("v2");

      await cluster.kubectl(["delete", "mvs", "reviews", "-n", "prod"]);
      await expect.poll(() => client.call(SERVICE, "hello").then((answer) => answer.status)).not.toBe(20);
    });
  });
});

const ADDRESSES = ["--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
