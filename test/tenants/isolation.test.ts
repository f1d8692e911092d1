import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { checkFilterConfig } from "../../adapter/evaluate/check-filter-config.js";
import { loadFilter } from "../../adapter/evaluate/filter-vm.js";
import type { Mesh } from "../../adapter/model/model.js";
import { type NodeProfile, PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { snapshotsByShape } from "../../adapter/server/node-snapshots.js";
import { makeSnapshot, type Snapshot } from "../../adapter/snapshot/snapshot.js";
import { formatProblem } from "../../adapter/status/format.js";
import { type TenantMesh, Tenants } from "../../adapter/tenants/tenants.js";
import type { CheckFilterConfig } from "../../adapter/translate/filter-refusal.js";
import { buildResources } from "../../adapter/xds/build-resources.js";
import { RESOURCE_TYPES } from "../../adapter/xds/resource.js";
import { Random } from "../support/random.js";
import { randomResources } from "./random-resources.js";
import { World } from "./world.js";

const RUNS = 60;
const TIMEOUT_MS = 120_000;

/** As a tenant may write it who gives nothing to bar; empty: it is not written. */
const KEPT = ["", "", "[ . ]", "[]", "[ '~' ]", "[ baz ]", "[ ., baz ]", "'*'", "7"];
const GIVEN = ["[ '*' ]", "[ bar ]", "[ ., bar ]", "", "[ '*', baz ]"];

const NODES: readonly NodeProfile[] = [
  { ...PLAIN_NODE, namespace: "bar" },
  { ...PLAIN_NODE, namespace: "bar", gateway: true, labels: { istio: "ingressgateway" } },
  { ...PLAIN_NODE, namespace: "bar", captured: true, addresses: [{ ip: "10.0.0.1", interface: undefined }] },
];

/** All namespaces' resources as one state, and what becomes of bar. */
async function translate(
  namespaces: Readonly<Record<string, readonly string[]>>,
  judge?: CheckFilterConfig,
): Promise<TenantMesh> {
  const world = new World();
  for (const [namespace, texts] of Object.entries(namespaces))
    for (const [index, text] of texts.entries()) world.put(`${namespace}-${index}`, text);
  let meshes: ReadonlyMap<string, TenantMesh> = new Map();
  const tenants = new Tenants({
    translator: { ...(judge && { checkFilterConfig: judge }) },
    onMeshes: (now) => {
      meshes = now;
    },
  });
  tenants.offer(world.state());
  await tenants.settled();
  await tenants.close();
  return meshes.get("bar") as TenantMesh;
}

function snapshots(mesh: Mesh): readonly Snapshot[] {
  const options = {
    listen: [],
    code: { kind: "inline", bytes: new Uint8Array(8) },
    versions: { of: () => "1" },
  } as const;
  const { snapshotFor } = snapshotsByShape(
    mesh,
    makeSnapshot([]),
    [],
    (view) => buildResources(view.mesh, { ...options, ...view }).resources,
  );
  return NODES.map(snapshotFor);
}

/** Everything that a node is told, as text. */
function bytes(snapshot: Snapshot): string {
  const types = RESOURCE_TYPES.map((type) =>
    [...snapshot.types[type].resources.values()].map(({ name, version, json }) => [name, version, json]),
  );
  return JSON.stringify(types, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
  );
}

let check: CheckFilterConfig;

beforeAll(() => {
  const filter = loadFilter(readFileSync("dist/meltemi.wasm"));
  check = (protocol, config) => checkFilterConfig(filter, protocol, config);
});

/** Bar's and the root namespace's resources, and foo's in some runs. */
function namespacesOf(seed: number, exportTo: readonly string[]) {
  const random = new Random(seed);
  const bar = randomResources(random, "bar", ["", "", "[ . ]", "[ foo ]", "[ '*' ]", "[ ., foo ]"]);
  const root = randomResources(random, "istio-system", ["", "", "[ '*' ]", "[ . ]", "[ foo ]", "[ bar ]"]);
  const others = random.oneIn(2) ? {} : { baz: randomResources(random, "baz", ["", "[ '*' ]", "[ bar ]"]) };
  const without = { bar, "istio-system": root, ...others };
  return { without, with: { ...without, foo: randomResources(random, "foo", exportTo) } };
}

const SEEDS = Array.from({ length: RUNS }, (_, seed) => seed);

describe("what a tenant's Envoys get", () => {
  it(
    "is the same to the byte whatever another one has that it does not export to it",
    async () => {
      for (const seed of SEEDS) {
        const worlds = namespacesOf(seed, KEPT);
        const judge = seed % 8 === 0 ? check : undefined;
        const [alone, beside] = await Promise.all([translate(worlds.without, judge), translate(worlds.with, judge)]);
        const about = `seed ${seed}: ${JSON.stringify(worlds.with, undefined, 1)}`;
        expect(snapshots(beside.mesh).map(bytes), about).toEqual(snapshots(alone.mesh).map(bytes));
        expect(beside.problems.map(formatProblem), about).toEqual(alone.problems.map(formatProblem));
        expect(JSON.stringify(beside.mesh), about).toBe(JSON.stringify(alone.mesh));
      }
    },
    TIMEOUT_MS,
  );

  it(
    "is the same of what is its own whatever another one exports to it",
    async () => {
      let added = 0;
      for (const seed of SEEDS) {
        const worlds = namespacesOf(seed, GIVEN);
        const { baz: _, ...without } = worlds.without as typeof worlds.without & { readonly baz?: readonly string[] };
        const [alone, beside] = await Promise.all([
          translate(without),
          translate({ ...without, foo: worlds.with.foo }),
        ]);
        const about = `seed ${seed}: ${JSON.stringify({ ...without, foo: worlds.with.foo }, undefined, 1)}`;
        // What refers to nothing may refer to what comes.
        if (alone.problems.some(({ cause }) => cause === "reference")) continue;
        if (JSON.stringify(alone.mesh) !== JSON.stringify(beside.mesh)) added++;
        expect(beside.problems.map(formatProblem), about).toEqual(alone.problems.map(formatProblem));
        for (const [mesh, before] of zip(snapshots(beside.mesh), snapshots(alone.mesh))) {
          for (const type of ["CDS", "EDS", "SDS", "LDS"] as const) {
            const now = mesh.types[type].resources;
            for (const { name, version } of before.types[type].resources.values()) {
              expect([name, now.get(name)?.version], about).toEqual([name, version]);
            }
          }
        }
        for (const listener of alone.mesh.listeners) {
          const { virtualHosts, tunnels = [], ...rest } = listener;
          const now = beside.mesh.listeners.find(
            ({ protocol, port }) => protocol === rest.protocol && port === rest.port,
          );
          expect(now, about).toMatchObject(rest);
          expect(now?.virtualHosts, about).toEqual(expect.arrayContaining([...virtualHosts]));
          expect(now?.tunnels ?? [], about).toEqual(expect.arrayContaining([...tunnels]));
        }
      }
      // Else nothing was shown.
      expect(added).toBeGreaterThan(RUNS / 20);
    },
    TIMEOUT_MS,
  );
});

function zip<T>(a: readonly T[], b: readonly T[]): readonly (readonly [T, T])[] {
  return a.map((one, index) => [one, b[index] as T]);
}
