import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { meltemi, type Running } from "../cli/support/meltemi.js";
import { freePort } from "./support/child.js";
import { installMeltemi, virtualService } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";
import {
  conditionsIn,
  getStatus,
  type StatusOf,
  service,
  startEnvoy,
  startKubernetesAdapter,
  to,
} from "./support/status.js";

describe("the status of resources, written by an account with the rights of `meltemi install`", () => {
  let cluster: KubernetesCluster;
  let kubeconfig: string;
  let listen: string;
  let adapter: Running;
  let envoy: EnvoyProcess;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } });
    for (const name of ["reviews", "ratings"]) await cluster.apply(...service(name));
    kubeconfig = await cluster.kubeconfigOf("meltemi-system", "meltemi");
    listen = `dubbo=127.0.0.1:${await freePort()}`;
    adapter = startAdapter();
    envoy = await startEnvoy(await adapter.firstLine(), "test");
  });

  afterAll(async () => {
    await envoy.stop();
    adapter.kill("SIGTERM");
    await adapter.closed;
    await cluster.stop();
  });

  function startAdapter(...options: readonly string[]): Running {
    return startKubernetesAdapter(kubeconfig, "--listen", listen, ...options);
  }

  const conditions = (kind: string, name: string) => conditionsIn(cluster, kind, name);
  const get = (kind: string, name: string) => getStatus(cluster, kind, name);

  const LATER = { timeout: 20_000, interval: 200 };

  it("one that all Envoys have", async () => {
    await cluster.apply(virtualService("good", { hosts: ["good"], ...to("reviews") }));
    await expect
      .poll(() => conditions("mvs", "good"), LATER)
      .toEqual({
        Accepted: "True Accepted",
        ResolvedRefs: "True ResolvedRefs",
        Programmed: "True Programmed all Envoys have it",
      });
    const columns = await cluster.kubectl(["get", "mvs", "good", "-n", "prod"]);
    expect(columns).toMatch(/HOSTS +PROTOCOL +ACCEPTED +PROGRAMMED +AGE\ngood +\["good"\] +True +True /);
  });

  it("one that names what there is not, until it is there", async () => {
    await cluster.apply(virtualService("early", { hosts: ["early"], ...to("later") }));
    await expect
      .poll(() => conditions("mvs", "early"), LATER)
      .toMatchObject({
        Accepted: "True Accepted",
        ResolvedRefs: expect.stringContaining(
          "False RefNotFound spec.routes[0].route[0].destination.host: no service has the host later",
        ),
        Programmed: expect.stringContaining("False NotInForce"),
      });
    await cluster.apply(...service("later"));
    await expect
      .poll(() => conditions("mvs", "early"), LATER)
      .toMatchObject({
        ResolvedRefs: "True ResolvedRefs",
        Programmed: "True Programmed all Envoys have it",
      });
  });

  it("one that only the filter itself finds wrong", async () => {
    const match = [{ attributes: { user: { regex: "(v1" } } }];
    await cluster.apply(virtualService("regex", { hosts: ["regex"], routes: [{ match, ...to("reviews").routes[0] }] }));
    await expect
      .poll(() => conditions("mvs", "regex"), LATER)
      .toMatchObject({
        Accepted: "False Invalid spec.routes[0].match[0].attributes.user: missing closing ): (v1",
      });
  });

  it("of two that conflict the older one stays in force, and the other one says so", async () => {
    await cluster.apply(virtualService("z-older", { hosts: ["both"], ...to("reviews") }));
    await expect.poll(() => conditions("mvs", "z-older"), LATER).toMatchObject({ Accepted: "True Accepted" });
    // Kubernetes tells ages in whole seconds, and of two of the same second the first by name would be the older one.
    await sleep(1_000);
    await cluster.apply(virtualService("a-younger", { hosts: ["both"], ...to("ratings") }));
    await expect
      .poll(() => conditions("mvs", "a-younger"), LATER)
      .toMatchObject({
        Accepted:
          "False Conflict spec.routes[0]: left out: VirtualService prod/z-older has a route for every call of the same service, which stays in force",
      });
    expect(await conditions("mvs", "z-older")).toMatchObject({ Accepted: "True Accepted" });
  });

  it("of a policy", async () => {
    const metadata = { name: "policy", namespace: "prod" };
    const spec = { protocol: "dubbo", port: 1 };
    await cluster.apply({ apiVersion: "networking.meltemi.io/v1alpha1", kind: "ListenerPolicy", metadata, spec });
    await expect
      .poll(() => conditions("mlp", "policy"), LATER)
      .toMatchObject({
        ResolvedRefs: "False RefNotFound spec.port: there is no listener dubbo 1; there is dubbo 20880",
      });
  });

  it("is not written again where it is as it was, and keeps its time", async () => {
    const before = await get("mvs", "good");
    await cluster.apply(...service("another"));
    await cluster.apply(virtualService("last", { hosts: ["last"], ...to("another") }));
    await expect
      .poll(() => conditions("mvs", "last"), LATER)
      .toMatchObject({ Programmed: expect.stringMatching(/^True/) });
    expect((await get("mvs", "good")).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    await cluster.apply(virtualService("good", { hosts: ["good", "better"], ...to("reviews") }));
    await expect
      .poll(() => conditions("mvs", "good"), LATER)
      .toMatchObject({ Programmed: expect.stringMatching(/^True/) });
    const times = ({ status }: StatusOf) => status?.conditions.map(({ lastTransitionTime }) => lastTransitionTime);
    expect(times(await get("mvs", "good"))?.[0]).toBe(times(before)?.[0]);
  });

  it("is written by the next replica when the one that writes ends", async () => {
    const second = startAdapter();
    await second.firstLine();
    adapter.kill("SIGTERM");
    await adapter.closed;
    await second.logged("leads: writes into the cluster", 1);
    adapter = second;
    await cluster.apply(virtualService("next", { hosts: ["next"], ...to("nowhere") }));
    await expect
      .poll(() => conditions("mvs", "next"), LATER)
      .toMatchObject({
        ResolvedRefs: expect.stringContaining("no service has the host nowhere"),
      });
    // This one has no Envoy: its configuration comes from the one that has ended.
    expect((await conditions("mvs", "good")).Programmed).toBe("Unknown NoEnvoy no Envoy is connected");
    expect(second.stderr).not.toMatch(/forbidden|cannot be/);
  });

  it("tells what an Envoy refuses, as `meltemi status` does", async () => {
    adapter.kill("SIGTERM");
    await adapter.closed;
    adapter = startAdapter("--wasm", "file:/nowhere.wasm");
    const ready = await adapter.firstLine();
    await envoy.stop();
    envoy = await startEnvoy(ready, "test");
    const refusal = "test refuses ECDS outbound_dubbo_\\d+: .*/nowhere\\.wasm";
    await expect
      .poll(() => conditions("mvs", "good"), LATER)
      .toMatchObject({
        Accepted: "True Accepted",
        Programmed: expect.stringMatching(`^False Refused .*${refusal}`),
      });
    const [, admin = ""] = / admin=http:\/\/(\S+)/.exec(ready) ?? [];
    expect((await meltemi("status", "--admin", admin)).stdout).toMatch(new RegExp(`\n${refusal}`));
  });
});
