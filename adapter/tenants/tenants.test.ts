import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recognise } from "../resource/recognise.js";
import { parseFile } from "../source/file-content.js";
import type { RawResource } from "../source/source.js";
import { formatProblem } from "../status/format.js";
import { DEFAULT_LIMITS, type TenantLimits } from "./limits.js";
import { NOBODY, type TenantMesh, Tenants } from "./tenants.js";

/** By name of the resource; what does not change stays the same object. */
let raws: Map<string, RawResource>;
let meshes: ReadonlyMap<string, TenantMesh>;
/** Who got a mesh, or lost it, one after the other. */
let changed: string[];
let tenants: Tenants;

function start(limits: Partial<TenantLimits> = {}, checkFilterConfig?: () => string | undefined): void {
  raws = new Map();
  meshes = new Map();
  changed = [];
  tenants = new Tenants({
    limits: { ...DEFAULT_LIMITS, ...limits },
    translator: { ...(checkFilterConfig && { checkFilterConfig }) },
    // Time stands still: nobody gets more tokens than he has at first.
    now: () => 0,
    onMeshes: (now, who) => {
      meshes = now;
      changed.push(who);
    },
  });
}

beforeEach(() => start());
afterEach(async () => {
  await tenants.close();
});

function put(namespace: string, name: string, spec: string, kind = "ServiceEntry"): void {
  const group = kind === "ServiceEntry" ? "networking.istio.io/v1" : "networking.meltemi.io/v1alpha1";
  const text = `{ apiVersion: ${group}, kind: ${kind}, metadata: { name: ${name}, namespace: ${namespace} }, spec: { ${spec} } }`;
  const [raw] = parseFile(text, `${namespace}.yaml`, recognise).resources;
  raws.set(`${kind} ${namespace}/${name}`, raw as RawResource);
}

function service(namespace: string, host: string, exportTo = "", port = 20880): void {
  const exported = exportTo === "" ? "" : `, exportTo: [ ${exportTo} ]`;
  const ports = `ports: [ { number: ${port}, name: dubbo } ]`;
  put(
    namespace,
    host,
    `hosts: [ ${host} ], ${ports}, resolution: STATIC, endpoints: [ { address: 10.0.0.1 } ]${exported}`,
  );
}

/** What is there is served. Returns who got another mesh. */
async function settle(): Promise<readonly string[]> {
  changed = [];
  tenants.offer({ resources: [...raws.values()], ignored: [], problems: [] });
  await tenants.settled();
  return changed.toSorted();
}

function hosts(tenant: string): readonly string[] | undefined {
  return meshes.get(tenant)?.mesh.services.map(({ host }) => host);
}

function problems(tenant: string): readonly string[] {
  return meshes.get(tenant)?.problems.map(formatProblem) ?? [];
}

describe("what a tenant has", () => {
  it("is its own, what the root namespace does not keep, and what is exported to it", async () => {
    service("foo", "mine.example");
    service("bar", "mine.example");
    service("bar", "given.example", "foo");
    service("baz", "open.example", '"*"');
    service("istio-system", "root.example");
    service("istio-system", "kept.example", ".");
    expect(await settle()).toEqual([NOBODY, "bar", "baz", "foo", "istio-system"].toSorted());
    expect(hosts("foo")).toEqual(["given.example", "mine.example", "open.example", "root.example"]);
    expect(hosts("bar")).toEqual(["given.example", "mine.example", "open.example", "root.example"]);
    expect(hosts("baz")).toEqual(["open.example", "root.example"]);
    expect(hosts("istio-system")).toEqual(["kept.example", "open.example", "root.example"]);
    expect(hosts(NOBODY)).toEqual(["root.example"]);
    expect([...meshes.keys()].flatMap(problems)).toEqual([]);
  });

  it("is made anew for those who see a change, and for no others", async () => {
    service("foo", "kept.example");
    service("foo", "given.example", "bar");
    service("bar", "mine.example");
    service("baz", "mine.example");
    await settle();
    const before = new Map(meshes);
    service("foo", "kept.example", ".");
    expect(await settle()).toEqual(["foo"]);
    service("foo", "given.example", "bar, baz");
    expect(await settle()).toEqual(["bar", "baz", "foo"]);
    expect(meshes.get(NOBODY)).toBe(before.get(NOBODY));
    expect(meshes.get("istio-system")).toBe(before.get("istio-system"));
    raws.delete("ServiceEntry foo/given.example");
    expect(await settle()).toEqual(["bar", "baz", "foo"]);
    expect(hosts("bar")).toEqual(["mine.example"]);
    expect(await settle(), "nothing has changed").toEqual([]);
    raws.delete("ServiceEntry baz/mine.example");
    expect(await settle()).toEqual(["baz"]);
    expect(meshes.has("baz")).toBe(false);
  });

  it("is there for Envoys of a namespace that has nothing, if somebody exports to it", async () => {
    service("foo", "given.example", "guests");
    service("foo", "open.example", '"*"');
    await settle();
    tenants.ask("guests");
    tenants.ask("nobody-knows");
    await tenants.settled();
    expect(hosts("guests")).toEqual(["given.example", "open.example"]);
    expect(meshes.has("nobody-knows")).toBe(false);
    service("foo", "given.example");
    await settle();
    expect(meshes.has("guests")).toBe(false);
  });

  it("has problems of its own alone", async () => {
    put("foo", "bad", "hosts: 7");
    service("istio-system", "root.example");
    put(
      "istio-system",
      "routes",
      "hosts: [ a ], routes: [ { route: [ { destination: { host: none } } ] } ]",
      "VirtualService",
    );
    put(
      "bar",
      "routes",
      'exportTo: [ "*" ], hosts: [ a ], routes: [ { route: [ { destination: { host: none } } ] } ]',
      "VirtualService",
    );
    await settle();
    const told = [...meshes].map(([tenant]) => [tenant, problems(tenant).length]).filter(([, count]) => count !== 0);
    expect(Object.fromEntries(told)).toEqual({ foo: 3, bar: 1, "istio-system": 1 });
  });

  it("goes on as it was where others are wrong, or where translating fails", async () => {
    start({}, () => {
      if (raws.has("ServiceEntry foo/hostile.example")) throw new Error("a mistake");
      return undefined;
    });
    service("foo", "mine.example");
    service("bar", "mine.example");
    await settle();
    service("foo", "hostile.example", "", 20881);
    await settle();
    expect(hosts("foo")).toEqual(["mine.example"]);
    expect(problems("foo")[0]).toMatch(
      /the resources of the namespace foo cannot be read, and what was in force stays: Error: a mistake/,
    );
    raws.delete("ServiceEntry foo/hostile.example");
    service("bar", "more.example", "", 20882);
    await settle();
    expect(hosts("bar")).toEqual(["mine.example", "more.example"]);
    expect(problems("foo")).toEqual([]);
  });
});

describe("limits", () => {
  it("refuse what comes last, with a problem, and let everything go", async () => {
    start({ resources: 2 });
    for (const host of ["a.example", "b.example", "c.example"]) service("foo", host);
    service("bar", "c.example");
    await settle();
    expect(hosts("foo")).toEqual(["a.example", "b.example"]);
    expect(problems("foo")).toEqual([
      "foo.yaml:1: error: ServiceEntry foo/c.example: its namespace may have 2 resources, and what comes before it leaves no room for it",
    ]);
    expect(meshes.get("foo")?.refused).toBe(1);
    expect(hosts("bar")).toEqual(["c.example"]);
    raws.delete("ServiceEntry foo/a.example");
    await settle();
    expect(hosts("foo")).toEqual(["b.example", "c.example"]);
    expect(problems("foo")).toEqual([]);
  });

  it("leave no last good version of what is refused", async () => {
    start({ resources: 1 });
    service("foo", "b.example");
    await settle();
    raws = new Map([...raws].reverse());
    const last = [...raws];
    raws.clear();
    service("foo", "a.example");
    for (const [name, raw] of last) raws.set(name, raw);
    await settle();
    expect(hosts("foo")).toEqual(["a.example"]);
  });

  it("deny, where there is no room for a policy of who may call", async () => {
    start({ resources: 1 });
    service("foo", "a.example");
    put("foo", "p", "action: ALLOW, selector: { matchLabels: { app: x } }", "AuthorizationPolicy");
    await settle();
    expect(meshes.get("foo")?.mesh.inbound?.policies).toMatchObject([{ action: "DENY", labels: { app: "x" } }]);
  });

  it("hold back a namespace that changes too often, and nobody else", async () => {
    start({ changes: 1 });
    for (const namespace of ["foo", "bar"]) service(namespace, "a.example");
    await settle();
    for (let port = 1; port <= 100; port++) {
      service("foo", "a.example", "", port);
      await settle();
    }
    expect(meshes.get("foo")?.mesh.services[0]?.ports[0]?.number).toBeLessThan(5);
    expect(tenants.waiting).toBe(1);
    service("bar", "a.example", "", 9090);
    await settle();
    expect(meshes.get("bar")?.mesh.services[0]?.ports[0]?.number).toBe(9090);
  });

  it("let what others see of a namespace follow on its account", async () => {
    start({ changes: 1 });
    service("foo", "given.example", '"*"');
    service("bar", "mine.example");
    await settle();
    for (let port = 1; port <= 100; port++) {
      service("foo", "given.example", '"*"', port);
      await settle();
    }
    const seen = meshes.get("bar")?.mesh.services.find(({ host }) => host === "given.example")?.ports[0]?.number;
    expect(seen).toBe(meshes.get("foo")?.mesh.services[0]?.ports[0]?.number);
    expect(seen).toBeLessThan(5);
    service("bar", "mine.example", "", 9090);
    expect(await settle()).toEqual(["bar"]);
  });
});
