import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { EnvoyProcess } from "../../../../adapter/envoy/envoy-process.js";
import { ROOT } from "../../../cli/support/meltemi.js";
import { Adapter } from "../../support/adapter.js";
import { startEnvoy } from "../../support/envoy.js";
import { type Host, PROXY } from "../../support/host.js";
import { Network } from "../../support/network.js";
import type { Addresses, Plane } from "../../support/plane.js";
import { redirect } from "../../support/redirect.js";
import { Machine } from "./machine.js";

const SCENARIOS = join(ROOT, "envoy-config", "scenarios");

export interface FleetOptions {
  /** The services in the order in which one calls the other. */
  readonly chain: readonly string[];
  /** Of `meltemi adapter`, beside where its resources are. */
  readonly adapter?: readonly string[];
  /** Services whose machines have a sidecar; none unless told. */
  readonly sidecars?: readonly string[];
  /** The machines are on a network of their own, that consumers are on, too, but not the control plane. */
  readonly outside?: boolean;
}

/**
 * A control plane with the resources of one of the documented scenarios, and the machines that are written there. Nothing of the files is
 * changed but the machines' addresses, which are those of the test's own network.
 */
export class Fleet {
  readonly #envoys: EnvoyProcess[] = [];

  private constructor(
    readonly machines: readonly Machine[],
    private readonly network: Network,
    private readonly plane: Plane,
    private readonly machinePlane: Plane,
    private readonly directory: string,
    private readonly adapter: Adapter,
    private readonly addresses: ReadonlyMap<string, Addresses>,
  ) {}

  static async start(scenario: string, options: FleetOptions): Promise<Fleet> {
    const files = await filesOf(join(SCENARIOS, scenario));
    const network = await Network.create();
    const plane = await network.addPlane();
    const machinePlane = options.outside ? await network.addPlane() : plane;
    const control = await network.addHost("control", { plane });
    const { resources } = read(files);
    const machines: Machine[] = [];
    const moved: (readonly [string, string])[] = [];
    for (const { namespace, labels, ipv4, ipv6 } of machinesOf(resources)) {
      const host = await network.addHost(`${namespace}-${labels.app}-${labels.version}`, { plane: machinePlane });
      machines.push(new Machine(host, namespace, labels));
      moved.push([ipv4, host.ipv4 as string], [ipv6, host.ipv6 as string]);
    }
    const directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    for (const [name, text] of files) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), name.endsWith("machines.yaml") ? move(text, moved) : text);
    }
    const adapter = await Adapter.start(control, "--config", directory, ...(options.adapter ?? []));
    const fleet = new Fleet(machines, network, plane, machinePlane, directory, adapter, addressesOf(resources));
    await Promise.all(machines.map((machine) => fleet.#run(machine, options)));
    return fleet;
  }

  /** A machine at the edge: an Envoy that the namespace's Gateway selects. */
  async addGateway(namespace: string): Promise<Host> {
    const host = await this.network.addHost(`${namespace}-edge`, { plane: this.plane });
    await this.#envoy(host, "router", namespace, { app: "edge" });
    return host;
  }

  /** A machine with no program of the shop, whose connections are redirected to its Envoy. */
  async addConsumer(namespace: string): Promise<Host> {
    const [first, ...others] = [...new Set([this.plane, this.machinePlane])].map((plane) => ({ plane }));
    const host = await this.network.addHost(`${namespace}-consumer`, first as { plane: Plane }, ...others);
    await this.#sidecar(host, namespace, { app: "consumer" });
    return host;
  }

  /** A machine that knows nothing of the mesh. */
  async addClient(): Promise<Host> {
    return await this.network.addHost("client", { plane: this.plane });
  }

  machine(name: string): Machine {
    const found = this.machines.find((machine) => machine.name === name);
    if (found === undefined) throw new Error(`no ${name} among ${this.machines.map((machine) => machine.name)}`);
    return found;
  }

  /** At which a service is dialled. */
  addressesOf(namespace: string, service: string): Addresses {
    const found = this.addresses.get(`${namespace}/${service}`);
    if (found === undefined) throw new Error(`${namespace} has no service ${service}`);
    return found;
  }

  /** How many requests of HTTP each of the machines has served meanwhile. */
  async served(body: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
    const count = () => Promise.all(this.machines.map((machine) => machine.served()));
    const before = await count();
    await body();
    const after = await count();
    return Object.fromEntries(this.machines.map(({ name }, i) => [name, (after[i] ?? 0) - (before[i] ?? 0)]));
  }

  /** What the control plane has said: problems of the resources, Envoys' refusals. */
  get log(): string {
    return this.adapter.log;
  }

  async remove(): Promise<void> {
    for (const envoy of this.#envoys) await envoy.stop();
    await this.adapter.stop();
    await this.network.remove();
    await rm(this.directory, { recursive: true });
  }

  async #run(machine: Machine, { chain, sidecars = [] }: FleetOptions): Promise<void> {
    const { host, namespace, labels } = machine;
    // Before its programs: what they dial goes by it.
    if (sidecars.includes(labels.app)) await this.#sidecar(host, namespace, labels);
    const app = chain[chain.indexOf(labels.app) + 1];
    await machine.run(app === undefined ? undefined : { app, addresses: this.addressesOf(namespace, app) });
  }

  async #sidecar(host: Host, namespace: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#envoy(host, "sidecar", namespace, labels, "--interception", "redirect");
    await redirect(host);
  }

  async #envoy(
    host: Host,
    kind: "sidecar" | "router",
    namespace: string,
    labels: Readonly<Record<string, string>>,
    ...options: readonly string[]
  ): Promise<void> {
    const id = `${kind}~${host.ip}~${host.name}.${namespace}~${namespace}.svc.cluster.local`;
    const told = Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
    const all = ["--namespace", namespace, ...told, ...options];
    const envoy = await startEnvoy(host.as(PROXY), await this.adapter.bootstrapOf(host, id, ...all));
    this.#envoys.push(envoy);
    await envoy.ready();
  }
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly address?: string;
    readonly addresses?: readonly [string, string];
    readonly labels?: { readonly app: string; readonly version: string };
  };
}

interface WrittenMachine extends Addresses {
  readonly namespace: string;
  readonly labels: { readonly app: string; readonly version: string };
}

async function filesOf(directory: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith(".yaml"));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), "utf8")] as const)),
  );
}

function read(files: ReadonlyMap<string, string>): { readonly resources: readonly Resource[] } {
  const documents = [...files.values()].flatMap((text) => parseAllDocuments(text));
  return { resources: documents.map((document) => (document as { toJS(): Resource }).toJS()) };
}

/** WorkloadEntries of one service and version are one machine, at an address of each family. */
function machinesOf(resources: readonly Resource[]): readonly WrittenMachine[] {
  const entries = resources.filter(({ kind }) => kind === "WorkloadEntry");
  const byName = new Map<string, WrittenMachine>();
  for (const { metadata, spec } of entries) {
    const { labels = { app: "", version: "" }, address = "" } = spec;
    const key = `${metadata.namespace} ${labels.app} ${labels.version}`;
    const known = byName.get(key) ?? { namespace: metadata.namespace, labels, ipv4: "", ipv6: "" };
    byName.set(key, { ...known, [address.includes(":") ? "ipv6" : "ipv4"]: address });
  }
  return [...byName.values()];
}

/** Of services, by NAMESPACE/NAME. */
function addressesOf(resources: readonly Resource[]): ReadonlyMap<string, Addresses> {
  const entries = resources.filter(({ kind }) => kind === "ServiceEntry");
  return new Map(
    entries.map(({ metadata: { namespace, name }, spec: { addresses: [ipv4, ipv6] = ["", ""] } }) => [
      `${namespace}/${name}`,
      { ipv4, ipv6 },
    ]),
  );
}

function move(text: string, moved: readonly (readonly [string, string])[]): string {
  const address = new Map(moved);
  return text.replaceAll(/(?<=address: "?)[0-9a-f.:]+/g, (written) => address.get(written) ?? written);
}
