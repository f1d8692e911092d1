import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openKubernetes } from "../../adapter/kubernetes/open.js";
import { KINDS } from "../../adapter/resource/kinds.js";
import { KubernetesSource } from "../../adapter/source/kubernetes/kubernetes-source.js";
import { Reflector } from "../../adapter/source/kubernetes/reflector.js";
import type { RawResource, SourceState } from "../../adapter/source/source.js";
import { installMeltemi, virtualService } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

const LATER = { timeout: 30_000, interval: 50 };

describe("a source that follows an API server", () => {
  let cluster: KubernetesCluster;
  let source: KubernetesSource | undefined;
  let states: SourceState[];
  let lines: { readonly level: number; readonly msg: string }[];

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
    await cluster.apply(...["prod", "test"].map(namespace), service("first"), virtualService("route", {}));
  });

  afterAll(() => cluster.stop());

  afterEach(async () => {
    await source?.close();
    source = undefined;
  });

  function open(kubeconfig = cluster.kubeconfig, namespaces: readonly string[] = []): Promise<void> {
    states = [];
    lines = [];
    const log = pino({ level: "debug" }, { write: (line) => void lines.push(JSON.parse(line)) });
    source = new KubernetesSource({ api: openKubernetes(kubeconfig), kinds: KINDS, namespaces, log });
    return source.start((state) => states.push(state));
  }

  const last = () => states.at(-1)?.resources ?? [];

  const names = (kind: string) =>
    last()
      .filter(({ document }) => document.kind === kind)
      .map(nameOf);

  it("begins with all that there is, in one state", async () => {
    await open();
    expect(states).toHaveLength(1);
    expect(names("VirtualService")).toEqual(["prod/route"]);
    expect(names("Service")).toEqual(["default/kubernetes", "prod/first"]);
  });

  it("of one namespace reads that one alone", async () => {
    await open(cluster.kubeconfig, ["test", "prod"]);
    await cluster.apply(service("here", "test"), service("elsewhere", "default"), service("there"));
    await expect.poll(() => names("Service").toSorted(), LATER).toEqual(["prod/first", "prod/there", "test/here"]);
    await cluster.kubectl(["delete", "service", "there", "-n", "prod"]);
    await cluster.kubectl(["delete", "service", "here", "-n", "test"]);
    await cluster.kubectl(["delete", "service", "elsewhere", "-n", "default"]);
    await expect.poll(() => names("Service"), LATER).toEqual(["prod/first"]);
  });

  it("takes a burst of changes as few, and leaves all others as they are", async () => {
    await open();
    const before = last();
    await cluster.apply(...Array.from({ length: 60 }, (_, i) => service(`burst-${i}`)));
    await expect.poll(() => names("Service").length, LATER).toBe(62);
    expect(states.length).toBeLessThan(20);
    for (const raw of before) expect(last()).toContain(raw);
    await cluster.kubectl(["delete", "service", "-n", "prod", "-l", "burst"]);
    await expect.poll(() => names("Service").length, LATER).toBe(2);
  });

  it("has nothing to tell where only a status changes", async () => {
    await open();
    const patch = ["patch", "mvs", "route", "-n", "prod", "--subresource=status", "--type=merge", "--patch"];
    await cluster.kubectl([...patch, JSON.stringify({ status: { conditions: [] } })]);
    await cluster.kubectl(["annotate", "service", "first", "-n", "prod", "a=b"]);
    await cluster.apply(service("sign"));
    await expect.poll(() => names("Service"), LATER).toContain("prod/sign");
    expect(states).toHaveLength(2);
    await cluster.kubectl(["delete", "service", "sign", "-n", "prod"]);
  });

  it("goes on with what it has while the server is away, and then with what is new", async () => {
    await open();
    await cluster.stopApiServer();
    await expect.poll(() => told("the API server is away"), LATER).toBe(1);
    expect(names("VirtualService")).toEqual(["prod/route"]);
    await cluster.startApiServer();
    await cluster.apply(virtualService("second", {}));
    await expect.poll(() => names("VirtualService"), LATER).toEqual(["prod/route", "prod/second"]);
    await expect.poll(() => told("the API server is back"), LATER).toBe(1);
    expect(told("the API server is away")).toBe(1);
    expect(states.every(({ resources }) => resources.length >= (states[0] as SourceState).resources.length)).toBe(true);
    await cluster.kubectl(["delete", "mvs", "second", "-n", "prod"]);
  });

  it("lists anew when the server has forgotten what happened since", async () => {
    const lists: string[][] = [];
    const problems: string[] = [];
    const kind = { group: "", versions: ["v1"], kind: "ConfigMap", plural: "configmaps" };
    const reflector = new Reflector(openKubernetes(cluster.kubeconfig), kind, "test", {
      replaced: (objects) => lists.push(objects.map(({ metadata }) => metadata.name)),
      put: () => {},
      removed: () => {},
      failed: (error) => problems.push(error.message),
      recovered: () => {},
    });
    const ended = reflector.run();
    await expect.poll(() => lists.length, LATER).toBe(1);
    // Other kinds change meanwhile, and a server that starts knows nothing of what was before.
    await cluster.apply(service("sign", "test"), service("sign-2", "test"));
    await cluster.stopApiServer();
    await cluster.startApiServer();
    await cluster.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "new", namespace: "test" } });
    await expect.poll(() => lists.length, LATER).toBe(2);
    reflector.stop();
    await ended;
  });

  it("reads the kubeconfig anew when its token is refused", async () => {
    const path = join(cluster.directory, "rotated.kubeconfig");
    const good = await readFile(cluster.kubeconfig, "utf8");
    await writeFile(path, good.replace(/token: .*/, "token: old"));
    const started = open(path);
    await expect.poll(() => told("cannot be read"), LATER).toBeGreaterThan(0);
    expect(states).toEqual([]);
    await writeFile(path, good);
    await started;
    expect(names("VirtualService")).toEqual(["prod/route"]);
    await expect.poll(() => told("can be read now"), LATER).toBeGreaterThan(0);
  });

  function told(text: string): number {
    return lines.filter(({ msg }) => msg.includes(text)).length;
  }
});

function namespace(name: string): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function service(name: string, namespace = "prod"): object {
  const labels = name.startsWith("burst") ? { burst: "all" } : {};
  const ports = [{ name: "dubbo", port: 20880 }];
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace, labels }, spec: { ports } };
}

function nameOf({ document }: RawResource): string {
  const { namespace, name } = document.metadata as { readonly namespace: string; readonly name: string };
  return `${namespace}/${name}`;
}
