import { describe, expect, it } from "vitest";
import { ObjectStore } from "./object-store.js";

function object(
  name: string,
  more: { readonly [field: string]: unknown } = {},
  creationTimestamp = "2026-01-01T00:00:00Z",
) {
  return { metadata: { name, namespace: "prod", creationTimestamp, resourceVersion: "1" }, ...more };
}

function names(store: ObjectStore): readonly string[] {
  return store.resources.map(({ document }) => (document.metadata as { name: string }).name);
}

describe("objects of one kind", () => {
  it("come as documents of their kind, without what the API server writes for itself", () => {
    const store = new ObjectStore("Service");
    const metadata = { ...object("a").metadata, uid: "u", managedFields: [], labels: { app: "a" } };
    store.put({ metadata, spec: { ports: [] }, status: {} }, "v1");
    expect(store.resources[0]?.document).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a", namespace: "prod", labels: { app: "a" } },
      spec: { ports: [] },
    });
  });

  it("stay the same where nothing changed that is read", () => {
    const store = new ObjectStore("Service");
    store.put(object("a", { spec: { x: 1 } }), "v1");
    const before = store.resources;
    expect(store.put(object("a", { spec: { x: 1 }, status: { conditions: [] } }), "v1")).toBe(false);
    expect(store.resources).toBe(before);
    expect(store.status("prod", "a")).toEqual({ conditions: [] });
    expect(store.put(object("a", { spec: { x: 2 } }), "v1")).toBe(true);
    expect(store.resources[0]).not.toBe(before[0]);
  });

  it("are in order by age, then by name", () => {
    const store = new ObjectStore("Service");
    store.put(object("c"), "v1");
    store.put(object("b"), "v1");
    store.put(object("a", {}, "2026-01-02T00:00:00Z"), "v1");
    expect(names(store)).toEqual(["b", "c", "a"]);
  });

  it("that a list lacks are gone, within its namespace", () => {
    const store = new ObjectStore("Service");
    store.replace([object("a"), object("b")], "v1", "prod");
    store.replace([{ metadata: { name: "c", namespace: "test" } }], "v1", "test");
    const [, b] = store.resources.filter(
      ({ document }) => (document.metadata as { namespace: string }).namespace === "prod",
    );
    expect(store.replace([object("b")], "v1", "prod")).toBe(true);
    expect(names(store)).toEqual(["c", "b"]);
    expect(store.resources[1]).toBe(b);
    expect(store.replace([object("b")], "v1", "prod")).toBe(false);
  });
});
