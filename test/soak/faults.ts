import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../support/random.js";
import type { Endpoint, Table } from "./resources.js";
import { HEALTHY, USERS, VERSIONS, type Version } from "./services.js";
import type { World } from "./world.js";

/** Something that goes wrong, or only changes, under load. It returns when things are as well as before. */
export type Fault = (world: World, random: Random) => Promise<void>;

/** A burst of route changes, up to a hundred a second. */
async function changeRoutes(world: World, random: Random): Promise<void> {
  let marker = "";
  for (let left = 1 + random.below(60); left > 0; left--) {
    const table: Table = new Map([...world.table, [random.pick(USERS), random.pick(VERSIONS)]]);
    marker = await world.change(table);
    await sleep(10 + (random.oneIn(4) ? random.below(200) : 0));
  }
  await world.settle(marker);
}

/** A table that must be refused, for some time; the last good one stays. */
async function spoilRoutes(world: World, random: Random): Promise<void> {
  await world.resources.writeBadRoutes(world.table, random.pick(["regex", "field", "yaml"] as const));
  await sleep(500 + random.below(1500));
  await world.settle(await world.resources.writeRoutes(world.table));
}

async function addEndpoint(world: World, random: Random): Promise<void> {
  if (world.endpoints.length >= 12) return;
  await world.addEndpoint(random.pick(VERSIONS));
  await writeEndpoints(world);
}

/** Taken out of the resources first, then it leaves as Dubbo does: nothing may fail. */
async function removeEndpoint(world: World, random: Random): Promise<void> {
  const endpoint = spare(world, random);
  if (endpoint === undefined) return;
  world.endpoints = world.endpoints.filter((other) => other !== endpoint);
  await writeEndpoints(world);
  await world.peers.stop(endpoint.name, true);
}

/**
 * Leaves as Dubbo does and comes back on its port, unknown to the control plane: nothing may fail, but for calls on connections that the
 * kernel has accepted and the server has not when it stops listening: no server has read them.
 */
async function restartEndpoint(world: World, random: Random): Promise<void> {
  const endpoint = spare(world, random);
  if (endpoint === undefined) return;
  await world.peers.stop(endpoint.name, true, { service: HEALTHY.service, ms: 300 });
  await sleep(random.below(2_000));
  await world.peers.listen(endpoint.name, "good", endpoint.port);
}

/** Gone from one moment to the next: the calls that it had get errors, and no others. */
async function killEndpoint(world: World, random: Random): Promise<void> {
  const endpoint = spare(world, random);
  if (endpoint === undefined) return;
  await world.peers.stop(endpoint.name, false, { service: HEALTHY.service, ms: 2_000 });
  await sleep(random.below(3_000));
  await world.peers.listen(endpoint.name, "good", endpoint.port);
}

async function restartAdapter(world: World, random: Random): Promise<void> {
  await world.stopAdapter();
  await sleep(random.below(1_000));
  await world.startAdapter();
  await world.settle(await world.resources.writeRoutes(world.table));
}

/** A second Envoy takes over, and the first one goes when its clients have left it. */
async function replaceEnvoy(world: World): Promise<void> {
  const [old] = world.envoys;
  if (old === undefined) return;
  await world.addEnvoy();
  await world.peers.restarting(true);
  await old.drain();
  const end_ms = Date.now() + 20_000;
  while ((await old.connections()) > 0 && Date.now() < end_ms) await sleep(100);
  await world.removeEnvoy(old);
  await sleep(500);
  await world.peers.restarting(false);
}

/** An endpoint that is not its version's only one. */
function spare(world: World, random: Random): Endpoint | undefined {
  const of = (version: Version) => world.endpoints.filter((endpoint) => endpoint.version === version);
  const version = random.pick(VERSIONS);
  return of(version).length > 1 ? random.pick(of(version)) : undefined;
}

async function writeEndpoints(world: World): Promise<void> {
  await world.resources.writeHealthy(world.endpoints);
  // A table behind the endpoints is there when they are.
  await world.settle(await world.resources.writeRoutes(world.table));
}

/**
 * Faults of one track come one after the other; tracks run side by side. What writes the same files is in one track, and so is
 * what stops endpoints.
 */
export const TRACKS: readonly { readonly pause_ms: number; readonly faults: Readonly<Record<string, Fault>> }[] = [
  {
    pause_ms: 500,
    faults: { changeRoutes, spoilRoutes, addEndpoint, removeEndpoint, restartEndpoint, killEndpoint, restartAdapter },
  },
  { pause_ms: 20_000, faults: { replaceEnvoy } },
];
