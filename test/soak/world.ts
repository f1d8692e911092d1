import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AdapterProcess } from "./adapter-process.js";
import { SoakEnvoy } from "./envoys.js";
import { freePort } from "./free-port.js";
import { Peers } from "./peers.js";
import { type Endpoint, Resources, type Table } from "./resources.js";
import { FAULTY, HEALTHY, USERS, VERSIONS, type Version } from "./services.js";

export interface WorldOptions {
  readonly seed: number;
  readonly envoyPath: string;
  readonly concurrency: number;
}

/** How long workers may take to follow their main thread, which is what the control plane hears of. */
const WORKERS_FOLLOW_MS = 1_000;
const FOLLOW_LIMIT_MS = 30_000;
const LOOPBACK = "127.0.0.1";

/** All that runs, and what is true of it at the moment. */
export class World {
  envoys: SoakEnvoy[] = [];
  readonly complaints: string[] = [];
  table: Table = new Map(USERS.map((user, i) => [user, VERSIONS[i % VERSIONS.length] as Version]));
  endpoints: readonly Endpoint[] = [];
  private readonly allowed = new Map<string, ReadonlySet<Version>>();
  private adapter: AdapterProcess | undefined;
  private envoysStarted = 0;
  private lastEndpoint = 0;

  private constructor(
    readonly peers: Peers,
    readonly resources: Resources,
    private readonly options: WorldOptions,
    private readonly xdsPort: number,
    /** Where clients connect. */
    readonly port: number,
  ) {}

  static async start(options: WorldOptions): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), "meltemi-soak-"));
    const peers = await Peers.start(options.seed);
    const world = new World(peers, new Resources(directory), options, await freePort(), await freePort());
    for (const version of VERSIONS) for (let i = 0; i < 2; i++) await world.addEndpoint(version);
    const ports = new Map<string, number>([["dead", await freePort()]]);
    for (const { behaviour } of FAULTY) {
      ports.set(behaviour, await peers.listen(behaviour, behaviour));
      await peers.allow(`soak.${behaviour}`, "any", [behaviour]);
    }
    await world.resources.writeHealthy(world.endpoints);
    await world.resources.writeFaulty(ports);
    const marker = await world.resources.writeRoutes(world.table);
    for (const [user, version] of world.table) await world.allow(user, [version]);
    await world.startAdapter();
    await world.addEnvoy();
    await world.follow(marker);
    await peers.connectTo([`${LOOPBACK}:${world.port}`]);
    return world;
  }

  async startAdapter(): Promise<void> {
    this.adapter = await AdapterProcess.start(this.resources.directory, this.xdsPort, this.port);
  }

  async stopAdapter(): Promise<void> {
    await this.adapter?.stop();
    this.adapter = undefined;
  }

  /** Another Envoy on the same address: the kernel shares connections out among all that listen. */
  async addEnvoy(): Promise<SoakEnvoy> {
    const node = `soak-${++this.envoysStarted}`;
    const { envoyPath, concurrency } = this.options;
    const envoy = await SoakEnvoy.start({ path: envoyPath, node, xdsPort: this.xdsPort, concurrency });
    await envoy.listening();
    this.envoys = [...this.envoys, envoy];
    return envoy;
  }

  async removeEnvoy(envoy: SoakEnvoy): Promise<void> {
    this.envoys = this.envoys.filter((other) => other !== envoy);
    await envoy.stop();
    this.complaints.push(...envoy.complaints);
  }

  /** Starts an endpoint; the resources are to be written by whoever wants it found. */
  async addEndpoint(version: Version): Promise<Endpoint> {
    const name = `${version}.${++this.lastEndpoint}`;
    const endpoint = { name, version, port: await this.peers.listen(name, "good") };
    this.endpoints = [...this.endpoints, endpoint];
    return endpoint;
  }

  /** The user's calls may now be answered by these versions. */
  async allow(user: string, versions: Iterable<Version>): Promise<void> {
    const set = new Set(versions);
    this.allowed.set(user, set);
    await this.peers.allow(HEALTHY.service, user, [...set]);
  }

  /** Writes a table; until `settle` calls may go by this one and by all before it. */
  async change(table: Table): Promise<string> {
    for (const [user, version] of table) {
      const now = this.allowed.get(user) ?? new Set();
      if (!now.has(version)) await this.allow(user, [...now, version]);
    }
    this.table = table;
    return this.resources.writeRoutes(table);
  }

  /** Waits until all Envoys have the table with this marker: from then on calls may go by it alone. */
  async settle(marker: string): Promise<void> {
    await this.follow(marker);
    for (const [user, version] of this.table) await this.allow(user, [version]);
  }

  private async follow(marker: string): Promise<void> {
    const end_ms = Date.now() + FOLLOW_LIMIT_MS;
    for (;;) {
      const dumps = await Promise.all(this.envoys.map((envoy) => envoy.get("/config_dump?resource=ecds_filters")));
      // The marker stands in JSON within JSON.
      if (dumps.every((dump) => dump.includes(`${marker}\\"`))) break;
      if (Date.now() > end_ms) {
        this.complaints.push(`no Envoy has got the table ${marker} after ${FOLLOW_LIMIT_MS / 1000} s`);
        return;
      }
      await sleep(50);
    }
    await sleep(WORKERS_FOLLOW_MS);
  }

  async stop(): Promise<void> {
    for (const envoy of this.envoys) await this.removeEnvoy(envoy);
    await this.stopAdapter();
    await this.peers.stopProcess();
    await rm(this.resources.directory, { recursive: true, force: true });
  }
}
