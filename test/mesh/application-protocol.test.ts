import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { buildCrds } from "../../adapter/install/crds.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

const CODECS = "test/filter/codec";
const declarations = readdirSync(CODECS)
  .filter((name) => name.startsWith("declared-"))
  .map((name) => readFileSync(join(CODECS, name, "protocol.yaml"), "utf8"));

describe("ApplicationProtocol in a Kubernetes API server", () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await cluster.applyCrds(JSON.stringify({ apiVersion: "v1", kind: "List", items: buildCrds() }));
  });

  afterAll(() => cluster.stop());

  const inDefault = (text: string) => {
    const { metadata, ...rest } = parse(text) as { readonly metadata: object; readonly spec: object };
    return { ...rest, metadata: { ...metadata, namespace: "default" } };
  };

  it("takes those of the tests", async () => {
    expect(declarations.length).toBeGreaterThan(4);
    for (const text of declarations) await cluster.apply(inDefault(text));
  });

  it("refuses one that says neither id nor order, or both, and fields that there are not", async () => {
    const [text = ""] = declarations;
    const declared = inDefault(text);
    const { id: _, ...without } = declared.spec as { readonly id: unknown };
    await expect(cluster.apply({ ...declared, spec: without })).rejects.toThrow("needs id, or ordered: true");
    await expect(cluster.apply({ ...declared, spec: { ...declared.spec, ordered: true } })).rejects.toThrow("needs id");
    await expect(cluster.apply({ ...declared, spec: { ...declared.spec, frames: {} } })).rejects.toThrow("spec.frames");
  });
});
